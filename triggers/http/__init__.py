"""HTTP: one file for each resource, routes only: parse, call a use case, answer."""
