"""Taking a Cloud PC out of use: what comes between its grace period, or its cancellation, and its clean-up."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from shared.contracts.builds import OfBuild
from shared.contracts.cleaning import CleanUpOrder
from shared.contracts.definitions import PATIENT, Activity, PollPolicy, Workflow, returns
from shared.contracts.desktops import ForgetSessionHostOrder
from shared.contracts.outcomes import Done, Pending, Refused, Superseded
from shared.contracts.reconciling import Started, StartOrder
from shared.domain.values import Value


class DeprovisionOrder(OfBuild):
    """Take a Cloud PC out of use, if its record says that it is time."""


class Built(Value):
    """No build of it runs any more, and this is what there is."""

    kind: Literal["built"] = "built"
    remains: tuple[CleanUpOrder, ...] = ()


class Deprovisioned(Value):
    """How it ended. *outcome* ``notNow``: the record says that it stays, or that somebody else has done it."""

    outcome: Literal["deprovisioned", "notNow"]
    left: tuple[Refused, ...] = ()  # what could not be closed; the clean-up tries again


class DeprovisionedRecord(OfBuild):
    """The Cloud PC is out of use."""

    left: tuple[Refused, ...] = ()


DEPROVISION = Workflow("deprovision_cloud_pc", DeprovisionOrder, returns(Deprovisioned))
START_DEPROVISIONING = Activity("start_deprovisioning", StartOrder, returns(Started), PATIENT)
BEGIN_DEPROVISIONING = Activity("begin_deprovisioning", DeprovisionOrder, returns(Done | Superseded), PATIENT)
POLL_END_OF_BUILD = Activity("poll_end_of_build", DeprovisionOrder, returns(Built | Pending | Superseded))
SIGN_OFF = Activity("sign_off", ForgetSessionHostOrder, returns(Done | Refused))
RECORD_DEPROVISIONED = Activity("record_deprovisioned", DeprovisionedRecord, returns(Done | Superseded), PATIENT)

BUILD_END_POLL = PollPolicy(timedelta(0), timedelta(seconds=30), timedelta(hours=1))
"""A build that was overtaken ends by itself at its next step; one that waits for long is ended (``STOP_AFTER``)."""

STOP_AFTER = timedelta(minutes=10)
"""How long after its cancellation a build that only waits is ended. It makes nothing while it waits."""
