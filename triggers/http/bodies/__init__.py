"""The bodies that Graph's clients send, typed, and the forms of the wizards that are made of them. Pure."""
