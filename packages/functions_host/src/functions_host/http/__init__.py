"""HTTP server of the host: the app's functions, the management API, the admin API and its own pages."""
