"""Routes of maintenance windows."""
