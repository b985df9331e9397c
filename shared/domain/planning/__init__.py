"""Who should have which Cloud PC: from directory, policies and records to a plan, and why. Pure."""
