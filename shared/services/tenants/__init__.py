"""Tenants: their settings, directories, sites, licences and readiness."""
