"""Provisioning policies."""

from __future__ import annotations

from shared.domain.policy import Policy
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

_SHAPE = Shape(
    table="policies",
    model=Policy,
    place=lambda policy: (policy.tenant_id, policy.id),
    columns={
        "display_name": lambda policy: policy.display_name,
        "image_id": lambda policy: policy.image_id,
        "assigned": lambda policy: bool(policy.assignments),
    },
)


def policies(tables: Tables) -> Repository[Policy]:
    """Return the repository of provisioning policies."""
    return Repository(tables, _SHAPE)
