"""Actions on Cloud PCs and session hosts: their catalogue, alone, in bulk and by users on their own."""
