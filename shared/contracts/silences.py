"""Work that waits while a cloud does not answer: its owner, and its record."""

from __future__ import annotations

from datetime import datetime
from typing import Never

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect
from shared.contracts.outcomes import Done
from shared.domain.owner import Owner
from shared.domain.values import Value


class WaitingWork(Value):
    """Work that waits while a cloud does not answer, for as long as that takes. *doing*: the work in words."""

    tenant_id: str
    owner: Owner
    doing: str


class SilenceRecord(Value):
    """*why*: who does not answer; *next_at*: when it is asked again. None: it has answered."""

    work: WaitingWork
    why: str
    since: datetime
    next_at: datetime | None = None


RECORD_SILENCE = Activity("record_silence", SilenceRecord, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
