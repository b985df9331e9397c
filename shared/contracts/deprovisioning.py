"""Taking a Cloud PC out of use: between its grace period, or its cancellation, and its clean-up."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Never

from shared.contracts.builds import OfBuild
from shared.contracts.cleaning import CleanUpOrder
from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Poll, PollPolicy, Workflow
from shared.contracts.desktops import ForgetSessionHostOrder
from shared.contracts.machines import DELETE_POLL
from shared.contracts.outcomes import Done, Refused, Superseded
from shared.contracts.reconciling import Started, StartOrder
from shared.domain.asking import Confirmation
from shared.domain.values import Value


class DeprovisionOrder(OfBuild):
    """Take a Cloud PC out of use, if its record says that it is time."""


class Built(Value):
    """No build of the Cloud PC runs any more. *remains*: orders to clean up.

    *confirmation*: that its grace period may end.
    """

    kind: Literal["built"] = "built"
    remains: tuple[CleanUpOrder, ...] = ()
    confirmation: Confirmation | None = None


class Deprovisioned(Value):
    """Result of a deprovisioning. *outcome* ``notNow``: by its record it stays, or is deprovisioned already."""

    outcome: Literal["deprovisioned", "notNow"]
    left: tuple[Refused, ...] = ()  # what could not be closed; the clean-up tries again


class DeprovisionedRecord(OfBuild):
    """The Cloud PC is out of use."""

    left: tuple[Refused, ...] = ()


START_DEPROVISIONING = Activity(
    "start_deprovisioning", StartOrder, Started, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
BEGIN_DEPROVISIONING = Activity(
    "begin_deprovisioning", DeprovisionOrder, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
POLL_END_OF_BUILD = Poll("poll_end_of_build", DeprovisionOrder, Built, Superseded, effect=Effect.READS)
SIGN_OFF = Activity("sign_off", ForgetSessionHostOrder, Done, Refused, effect=Effect.ENDS)
RECORD_DEPROVISIONED = Activity(
    "record_deprovisioned", DeprovisionedRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)

BUILD_END_POLL = PollPolicy(timedelta(0), timedelta(seconds=30), timedelta(hours=1))
"""A build that was superseded ends by itself at its next step; one that waits for long is ended (``STOP_AFTER``)."""

DEPROVISION = Workflow(
    "deprovision_cloud_pc",
    DeprovisionOrder,
    Deprovisioned,
    longest_wait=max(BUILD_END_POLL.timeout, DELETE_POLL.timeout),
)

STOP_AFTER = timedelta(minutes=10)
"""Time between the cancellation and the end of a build that only waits. It makes nothing while it waits."""
