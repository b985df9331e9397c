"""Intents that are being carried out: a few rows, each there for the moment between its first write and its last."""

from __future__ import annotations

from shared.domain.intent import Intent
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

_SHAPE = Shape(table="intents", model=Intent, place=lambda intent: (intent.tenant_id, intent.id))


def intents(tables: Tables) -> Repository[Intent]:
    """Return the repository of intents."""
    return Repository(tables, _SHAPE)
