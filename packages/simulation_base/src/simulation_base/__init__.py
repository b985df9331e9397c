"""What the embedded host and the simulated cloud share: the clock file, and the frame of their pages."""
