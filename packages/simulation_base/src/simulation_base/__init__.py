"""What functions_host and azure_simulator have in common: the shared clock, and the frame of their pages."""
