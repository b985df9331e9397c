"""Going on with the machine of the attempt before: whether it still is what the record says."""

from __future__ import annotations

from typing import Literal

from shared.contracts.definitions import Activity, Effect
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Refused
from shared.domain.values import Value


class RecognizeOrder(Value):
    """The machine, and the ids its devices had as far as they were known."""

    machine: Machine
    entra_device_id: str | None = None
    managed_device_id: str | None = None


class Recognized(Value):
    """The machine runs and answers, and its devices are there. *device_object_id*: Graph's id of the Entra device."""

    kind: Literal["recognized"] = "recognized"
    device_object_id: str | None = None


class Unrecognized(Value):
    """The machine is not as it was left: *why* names the difference."""

    kind: Literal["unrecognized"] = "unrecognized"
    why: str


RECOGNIZE_MACHINE = Activity(
    "recognize_machine", RecognizeOrder, Recognized | Unrecognized, Refused, effect=Effect.READS
)
