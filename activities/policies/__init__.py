"""Activities that plan: decisions, reconciles, changes of the directory."""
