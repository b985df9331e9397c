"""Cloud PCs: built, shown, changed and taken out of use."""
