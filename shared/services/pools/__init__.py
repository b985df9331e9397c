"""Use cases of warm pools."""
