"""The command line: one thin module per verb (parse, call, print)."""
