"""Routes of provisioning policies."""
