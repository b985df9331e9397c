"""Activities on connections: health checks and their record."""
