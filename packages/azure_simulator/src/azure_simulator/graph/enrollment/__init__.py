"""What happens to the directory and to Intune when a machine joins."""
