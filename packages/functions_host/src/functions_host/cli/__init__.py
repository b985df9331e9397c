"""The command line: one function for each command of ``python -m functions_host``."""
