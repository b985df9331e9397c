"""Going on with the machine of the attempt before: whether it still is what the record says."""

from __future__ import annotations

from typing import Literal

from shared.contracts.definitions import Activity, returns
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Refused
from shared.domain.values import Value


class RecogniseOrder(Value):
    """The machine, and the ids its devices had as far as they were known."""

    machine: Machine
    entra_device_id: str | None = None
    managed_device_id: str | None = None


class Recognised(Value):
    """The machine runs and answers, and its devices are there. *device_object_id*: Graph's id of the Entra device."""

    kind: Literal["recognised"] = "recognised"
    device_object_id: str | None = None


class Unrecognised(Value):
    """It is not as it was left: *why* says what is different."""

    kind: Literal["unrecognised"] = "unrecognised"
    why: str


RECOGNISE_MACHINE = Activity("recognise_machine", RecogniseOrder, returns(Recognised | Unrecognised | Refused))
