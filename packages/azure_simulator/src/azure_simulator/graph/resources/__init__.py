"""Graph's routes by resource."""
