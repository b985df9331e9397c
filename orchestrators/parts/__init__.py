"""Parts of orchestrators: shared by several orchestrators, or long enough for a module."""
