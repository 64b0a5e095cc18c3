"""Runs whole user tasks, one function each, for the command line and for Python."""
