"""Due work that failed: it is set aside, and tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Aside:
    """A due row that is set aside: since when its rule has failed, why, and when it is tried again."""

    id: str
    kind: str
    tenant_id: str
    subject_id: str
    since: datetime
    reason: str
    again_at: datetime
