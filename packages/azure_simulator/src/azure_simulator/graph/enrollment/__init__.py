"""Changes of the directory and of Intune when a machine joins."""
