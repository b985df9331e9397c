"""Routes of Cloud PCs."""
