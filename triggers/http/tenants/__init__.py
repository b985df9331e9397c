"""Routes of tenants, their directories and sites."""
