"""The engine of Spot Groups: from observed hosts to a plan. Pure."""
