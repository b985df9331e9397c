"""Tenants with their settings and sites, and their directories. Pure."""
