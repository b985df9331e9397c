"""Bulk actions: one wave after the other."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from shared.contracts.definitions import PATIENT, Activity, PollPolicy, Workflow, returns
from shared.contracts.outcomes import Done, Pending
from shared.domain.values import Value


class BulkOrder(Value):
    """Work through a bulk action. The record says how far it is, so that it can be begun again at any time."""

    tenant_id: str
    bulk_id: str
    wave: int = 0


class ItemOrder(Value):
    """Do it to one Cloud PC."""

    tenant_id: str
    bulk_id: str
    position: int


class Wave(Value):
    """Whose turn it is; nobody's when it is paused, cancelled, stopped or over."""

    kind: Literal["wave"] = "wave"
    positions: tuple[int, ...] = ()


class WaveOrder(Value):
    """What has come of these."""

    tenant_id: str
    bulk_id: str
    positions: tuple[int, ...]


class Worked(Value):
    """How far it came before it rested."""

    waves: int


BULK = Workflow("run_bulk_action", BulkOrder, returns(Worked))
NEXT_WAVE = Activity("next_wave", BulkOrder, returns(Wave), PATIENT)
ACT_ON_ITEM = Activity("act_on_item", ItemOrder, returns(Done), PATIENT)
POLL_WAVE = Activity("poll_wave", WaveOrder, returns(Done | Pending), PATIENT)

WAVE_POLL = PollPolicy(timedelta(seconds=30), timedelta(seconds=60), timedelta(hours=24))
"""A wave ends with its slowest: three attempts of a build take hours at worst, parking a day."""
