"""Routes of the wizards."""
