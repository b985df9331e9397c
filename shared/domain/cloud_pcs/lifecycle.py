"""The life of a Cloud PC as one table: which event may happen in which status, and the status after it.

Anything not in TRANSITIONS is refused. docs/lifecycle.md is drawn from this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from shared.errors import IllegalTransitionError


class Status(StrEnum):
    """Microsoft Graph's cloudPcStatus, as far as Deskwright knows it."""

    NOT_PROVISIONED = "notProvisioned"
    PENDING_PROVISION = "pendingProvision"
    PROVISIONING = "provisioning"
    PROVISIONED = "provisioned"
    PROVISIONED_WITH_WARNINGS = "provisionedWithWarnings"
    FAILED = "failed"
    IN_GRACE_PERIOD = "inGracePeriod"
    DEPROVISIONING = "deprovisioning"
    RESTORING = "restoring"
    RESIZE_PENDING_LICENSE = "resizePendingLicense"
    RESIZING = "resizing"


class Event(StrEnum):
    """Events of a Cloud PC."""

    PLANNED = "planned"  # a licence and a policy meet
    STARTED = "started"  # an attempt begins
    PARKED = "parked"  # no capacity, no quota, no healthy connection, no free licence
    SUCCEEDED = "succeeded"
    WARNED = "warned"  # succeeded, but a post-provisioning step did not
    CURED = "cured"  # the last warning is gone
    GAVE_UP = "gaveUp"  # the last attempt failed, or an error that no other attempt would cure
    RETRIED = "retried"  # by hand
    POLICY_LEFT = "policyLeft"  # nothing targets a Cloud PC that never was built
    LOST = "lost"  # licence or policy is gone from a Cloud PC that works
    REPRIEVED = "reprieved"  # licence and policy are both back before the grace period ended
    REPRIEVED_WITH_WARNINGS = "reprievedWithWarnings"
    EXPIRED = "expired"  # the grace period is over, or was ended early
    CANCELLED = "cancelled"  # licence or policy is gone from one that is being built, is parked or has failed
    REMOVED = "removed"  # nothing is left of it
    REPROVISIONED = "reprovisioned"  # by hand: built anew under the policy that wins today
    REPLACED = "replaced"  # another machine has taken the place of the one that it had
    REPLACED_WITH_WARNINGS = "replacedWithWarnings"
    RESTORE_BEGUN = "restoreBegun"  # by hand: its disk goes back to a restore point
    RESTORE_ENDED = "restoreEnded"  # successful or not: the operation has the result
    RESTORE_ENDED_WITH_WARNINGS = "restoreEndedWithWarnings"  # the warnings it had before
    RESIZE_ASKED = "resizeAsked"  # by hand: it waits for the licence of the size it is to have
    RESIZE_BEGUN = "resizeBegun"  # the licence is there
    RESIZE_ENDED = "resizeEnded"  # successful or not, or the licence never came: the operation has the result
    RESIZE_ENDED_WITH_WARNINGS = "resizeEndedWithWarnings"
    MACHINE_GONE = "machineGone"  # Azure answers, twice, that its machine is not there; nobody has taken it out of use
    ADOPTED = "adopted"  # a machine of its own is there of which its record did not know


class Phase(StrEnum):
    """Phase of one build of a Cloud PC."""

    NONE = "none"  # there is no machine, and none is planned
    WAITING = "waiting"  # planned or parked: it waits for a licence, its start or capacity
    BUILDING = "building"  # an attempt is being made
    BUILT = "built"  # its machine works, and stays until it is taken out of use or replaced
    FAILED = "failed"  # given up: what it made is cleaned up
    LEAVING = "leaving"  # out of use or replaced: what it made is cleaned up


TRANSITIONS: Mapping[tuple[Status, Event], Status] = MappingProxyType(
    {
        # A licence without a policy is listed; with a policy it is planned.
        (Status.NOT_PROVISIONED, Event.PLANNED): Status.PENDING_PROVISION,
        (Status.PENDING_PROVISION, Event.PLANNED): Status.PENDING_PROVISION,
        (Status.PENDING_PROVISION, Event.POLICY_LEFT): Status.NOT_PROVISIONED,
        # Building: each attempt starts, and ends in one of five ways.
        (Status.PENDING_PROVISION, Event.STARTED): Status.PROVISIONING,
        (Status.PROVISIONING, Event.STARTED): Status.PROVISIONING,
        (Status.PROVISIONING, Event.PARKED): Status.PENDING_PROVISION,
        (Status.PENDING_PROVISION, Event.PARKED): Status.PENDING_PROVISION,
        (Status.PROVISIONING, Event.SUCCEEDED): Status.PROVISIONED,
        (Status.PROVISIONING, Event.WARNED): Status.PROVISIONED_WITH_WARNINGS,
        (Status.PROVISIONING, Event.GAVE_UP): Status.FAILED,
        (Status.PENDING_PROVISION, Event.GAVE_UP): Status.FAILED,
        # Afterwards: an admin cures a warning, or tries again.
        (Status.PROVISIONED_WITH_WARNINGS, Event.CURED): Status.PROVISIONED,
        (Status.PROVISIONED_WITH_WARNINGS, Event.WARNED): Status.PROVISIONED_WITH_WARNINGS,
        (Status.FAILED, Event.RETRIED): Status.PENDING_PROVISION,
        (Status.PROVISIONED, Event.REPROVISIONED): Status.PENDING_PROVISION,
        (Status.PROVISIONED_WITH_WARNINGS, Event.REPROVISIONED): Status.PENDING_PROVISION,
        (Status.FAILED, Event.REPROVISIONED): Status.PENDING_PROVISION,
        # Built first, then swapped: it works all the time.
        (Status.PROVISIONED, Event.REPLACED): Status.PROVISIONED,
        (Status.PROVISIONED_WITH_WARNINGS, Event.REPLACED): Status.PROVISIONED,
        (Status.PROVISIONED, Event.REPLACED_WITH_WARNINGS): Status.PROVISIONED_WITH_WARNINGS,
        (Status.PROVISIONED_WITH_WARNINGS, Event.REPLACED_WITH_WARNINGS): Status.PROVISIONED_WITH_WARNINGS,
        # While its disk goes back to a restore point nothing else happens to it.
        (Status.PROVISIONED, Event.RESTORE_BEGUN): Status.RESTORING,
        (Status.PROVISIONED_WITH_WARNINGS, Event.RESTORE_BEGUN): Status.RESTORING,
        (Status.RESTORING, Event.RESTORE_ENDED): Status.PROVISIONED,
        (Status.RESTORING, Event.RESTORE_ENDED_WITH_WARNINGS): Status.PROVISIONED_WITH_WARNINGS,
        # A resize waits for its licence while the Cloud PC is used; while the hardware changes nothing else happens.
        (Status.PROVISIONED, Event.RESIZE_ASKED): Status.RESIZE_PENDING_LICENSE,
        (Status.PROVISIONED_WITH_WARNINGS, Event.RESIZE_ASKED): Status.RESIZE_PENDING_LICENSE,
        (Status.RESIZE_PENDING_LICENSE, Event.RESIZE_BEGUN): Status.RESIZING,
        (Status.RESIZE_PENDING_LICENSE, Event.RESIZE_ENDED): Status.PROVISIONED,
        (Status.RESIZE_PENDING_LICENSE, Event.RESIZE_ENDED_WITH_WARNINGS): Status.PROVISIONED_WITH_WARNINGS,
        (Status.RESIZING, Event.RESIZE_ENDED): Status.PROVISIONED,
        (Status.RESIZING, Event.RESIZE_ENDED_WITH_WARNINGS): Status.PROVISIONED_WITH_WARNINGS,
        # What works has a grace period; it ends with both back, or with the Cloud PC.
        (Status.PROVISIONED, Event.LOST): Status.IN_GRACE_PERIOD,
        (Status.PROVISIONED_WITH_WARNINGS, Event.LOST): Status.IN_GRACE_PERIOD,
        (Status.RESIZE_PENDING_LICENSE, Event.LOST): Status.IN_GRACE_PERIOD,
        (Status.IN_GRACE_PERIOD, Event.REPRIEVED): Status.PROVISIONED,
        (Status.IN_GRACE_PERIOD, Event.REPRIEVED_WITH_WARNINGS): Status.PROVISIONED_WITH_WARNINGS,
        (Status.IN_GRACE_PERIOD, Event.EXPIRED): Status.DEPROVISIONING,
        # Somebody has deleted the machine of what works; in a grace period it counts when that would end well.
        (Status.PROVISIONED, Event.MACHINE_GONE): Status.FAILED,
        (Status.PROVISIONED_WITH_WARNINGS, Event.MACHINE_GONE): Status.FAILED,
        (Status.IN_GRACE_PERIOD, Event.MACHINE_GONE): Status.FAILED,
        # A machine that is there and works, assigned to its user, is taken over: the record was lost, or older than it.
        (Status.NOT_PROVISIONED, Event.ADOPTED): Status.PROVISIONED,
        (Status.PENDING_PROVISION, Event.ADOPTED): Status.PROVISIONED,
        (Status.PROVISIONING, Event.ADOPTED): Status.PROVISIONED,
        (Status.PROVISIONED, Event.ADOPTED): Status.PROVISIONED,
        (Status.PROVISIONED_WITH_WARNINGS, Event.ADOPTED): Status.PROVISIONED,
        (Status.FAILED, Event.ADOPTED): Status.PROVISIONED,
        (Status.DEPROVISIONING, Event.ADOPTED): Status.PROVISIONED,
        (Status.IN_GRACE_PERIOD, Event.ADOPTED): Status.IN_GRACE_PERIOD,
        # What does not work yet has none.
        (Status.PENDING_PROVISION, Event.CANCELLED): Status.DEPROVISIONING,
        (Status.PROVISIONING, Event.CANCELLED): Status.DEPROVISIONING,
        (Status.FAILED, Event.CANCELLED): Status.DEPROVISIONING,
        # Until its user is signed off, who is entitled again keeps it.
        (Status.DEPROVISIONING, Event.REPRIEVED): Status.PROVISIONED,
        (Status.DEPROVISIONING, Event.REPRIEVED_WITH_WARNINGS): Status.PROVISIONED_WITH_WARNINGS,
        # From then on it cannot be undone; but a user who is entitled again gets a new one afterwards.
        (Status.DEPROVISIONING, Event.REMOVED): Status.NOT_PROVISIONED,
        (Status.DEPROVISIONING, Event.PLANNED): Status.PENDING_PROVISION,
    }
)

BUILT = frozenset({Status.PROVISIONED, Status.PROVISIONED_WITH_WARNINGS, Status.RESIZE_PENDING_LICENSE})
"""Statuses of Cloud PCs that work and are removed only after a grace period."""

WORKING = BUILT | {Status.IN_GRACE_PERIOD}

REPLACEABLE = frozenset({Status.PROVISIONED, Status.PROVISIONED_WITH_WARNINGS})
"""Statuses in which a replacement may be built."""

PHASES: Mapping[Event, Phase] = MappingProxyType(
    {
        Event.PLANNED: Phase.WAITING,
        Event.RETRIED: Phase.WAITING,
        Event.REPROVISIONED: Phase.WAITING,
        Event.STARTED: Phase.BUILDING,
        Event.PARKED: Phase.WAITING,
        Event.SUCCEEDED: Phase.BUILT,
        Event.WARNED: Phase.BUILT,
        Event.GAVE_UP: Phase.FAILED,
        Event.MACHINE_GONE: Phase.FAILED,
        Event.ADOPTED: Phase.BUILT,
        Event.POLICY_LEFT: Phase.NONE,
        Event.REMOVED: Phase.NONE,
    }
)
"""The phase of a build after an event; other events do not change the phase."""


def advance(status: Status, event: Event) -> Status:
    """Return the status after *event*.

    Raises: IllegalTransitionError if the table has no such row.
    """
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        allowed = sorted(e.value for s, e in TRANSITIONS if s is status)
        message = f"a Cloud PC that is {status.value} cannot be {event.value}"
        raise IllegalTransitionError(message, status=status.value, allowed=allowed) from None
