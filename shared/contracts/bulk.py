"""Bulk actions: one wave after the other."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Never

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Poll, PollPolicy, Workflow
from shared.contracts.outcomes import Done
from shared.domain.values import Value


class BulkOrder(Value):
    """Work through a bulk action. The record says how far it is, so that it can be started again at any time."""

    tenant_id: str
    bulk_id: str
    wave: int = 0


class ItemOrder(Value):
    """Do the action to one Cloud PC."""

    tenant_id: str
    bulk_id: str
    position: int


class Wave(Value):
    """The Cloud PCs of the next wave; none when the action is paused, cancelled, stopped or over."""

    kind: Literal["wave"] = "wave"
    positions: tuple[int, ...] = ()


class WaveOrder(Value):
    """Poll these Cloud PCs."""

    tenant_id: str
    bulk_id: str
    positions: tuple[int, ...]


class Worked(Value):
    """Number of waves that were done."""

    waves: int


NEXT_WAVE = Activity("next_wave", BulkOrder, Wave, Never, RETRY_FOR_A_DAY, effect=Effect.READS)
ACT_ON_ITEM = Activity("act_on_item", ItemOrder, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
POLL_WAVE = Poll("poll_wave", WaveOrder, Done, Never, RETRY_FOR_A_DAY, effect=Effect.READS)

WAVE_POLL = PollPolicy(timedelta(seconds=30), timedelta(seconds=60), timedelta(hours=24))
"""A wave ends with its slowest: three attempts of a build take hours at worst, parking a day."""

BULK = Workflow("run_bulk_action", BulkOrder, Worked, longest_wait=WAVE_POLL.timeout)
