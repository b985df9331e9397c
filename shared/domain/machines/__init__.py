"""Hardware of machines, and their restore points. Pure."""
