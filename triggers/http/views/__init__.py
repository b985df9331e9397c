"""Microsoft Graph's shapes: our values as its JSON, its bodies as our forms. Pure."""
