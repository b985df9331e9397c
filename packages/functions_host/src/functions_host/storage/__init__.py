"""The state file: its tables, the rows as types, one writer and a reader for each thread."""
