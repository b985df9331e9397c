"""What a tenant's directory says: its users, groups and licences, asked again before anything ends."""
