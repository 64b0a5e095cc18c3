"""Whole tasks of users, a function each: what the command line calls, and what Python code can call."""
