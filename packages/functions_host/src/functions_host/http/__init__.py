"""What the host serves over HTTP: the app's functions, the management API, the admin API and its own pages."""
