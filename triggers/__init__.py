"""The edges: parse, authorise, start or signal, answer."""
