"""Maintenance of the service: due rows, purges, exports, restores, erasure, and the deletion of tenants."""
