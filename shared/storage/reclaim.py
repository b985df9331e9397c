"""Repositories of the reclaim rules of policies, and of their open cases."""

from __future__ import annotations

from shared.domain.cloud_pcs.reclaim import ReclaimCase, ReclaimRule
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

_RULES = Shape(
    table="reclaimrules", noun="reclaim rule", model=ReclaimRule, place=lambda rule: (rule.tenant_id, rule.id)
)
_CASES = Shape(
    table="reclaimcases", noun="reclaim case", model=ReclaimCase, place=lambda case: (case.tenant_id, case.id)
)


def reclaim_rules(tables: Tables) -> Repository[ReclaimRule]:
    """Return the repository of reclaim rules, each by the id of its policy."""
    return Repository(tables, _RULES)


def reclaim_cases(tables: Tables) -> Repository[ReclaimCase]:
    """Return the repository of open cases, each by the id of its Cloud PC."""
    return Repository(tables, _CASES)
