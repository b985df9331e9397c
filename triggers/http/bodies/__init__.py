"""Bodies that Graph's clients send: what they may hold, and the wizards' forms that they stand for."""
