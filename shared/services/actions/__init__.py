"""Actions on Cloud PCs and session hosts: their catalogue, and what performs them alone, in bulk and for users."""
