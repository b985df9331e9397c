"""Repositories of alert rules and alert records."""

from __future__ import annotations

from shared.domain.alerts.alert import AlertRecord, AlertRule
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

_RULES = Shape(table="alertrules", noun="alert rule", model=AlertRule, place=lambda rule: (rule.tenant_id, rule.id))
_RECORDS = Shape(
    table="alertrecords",
    noun="alert record",
    model=AlertRecord,
    place=lambda record: (record.tenant_id, record.id),
    columns={"status": lambda record: record.status.value},
)


def alert_rules(tables: Tables) -> Repository[AlertRule]:
    """Return the repository of alert rules that somebody has changed."""
    return Repository(tables, _RULES)


def alert_records(tables: Tables) -> Repository[AlertRecord]:
    """Return the repository of alert records."""
    return Repository(tables, _RECORDS)
