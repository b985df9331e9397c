"""Planning of Cloud PCs for users: from directory, policies and records to a plan, and why. Pure."""
