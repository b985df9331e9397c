"""Common parts of functions_host and azure_simulator: the shared clock, and the frame of their pages."""
