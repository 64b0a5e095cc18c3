"""Whole user tasks, one function each; the command line calls them."""
