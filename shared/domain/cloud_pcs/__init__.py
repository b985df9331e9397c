"""Cloud PCs: the record, its builds, the life cycle, and everything that happens to one of them. Pure."""
