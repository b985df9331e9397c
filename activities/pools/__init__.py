"""Activities of warm pools."""
