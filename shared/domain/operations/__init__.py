"""Operations, audit events and bulk actions: work that callers start and follow. Pure."""
