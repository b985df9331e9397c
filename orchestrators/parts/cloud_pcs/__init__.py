"""Parts of a Cloud PC's procedures: its build, and remote actions."""
