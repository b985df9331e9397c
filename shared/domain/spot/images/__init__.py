"""Image sets and their versions."""
