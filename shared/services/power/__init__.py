"""Use cases of power: switching Cloud PCs on and off, schedules, and the engine that acts by them."""
