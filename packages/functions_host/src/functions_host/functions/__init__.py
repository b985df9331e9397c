"""The app's functions: found, checked against their bindings, and called as Microsoft's worker does."""
