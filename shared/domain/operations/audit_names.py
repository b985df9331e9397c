"""Names that audit events are shown with: they are not kept with the events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AuditNames:
    """*applications*: display names of service principals by object id. *resources*: of records, as they are now."""

    applications: Mapping[str, str]
    resources: Mapping[str, str]


NO_NAMES = AuditNames({}, {})
"""Names for events that belong to no single tenant."""
