"""Routes of scripts and apps."""
