"""The removal brake: removals that look like a mistake in the directory wait to be confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from shared.domain.cloud_pcs.cloud_pc import CloudPc, RemovalCause
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.policies.policy import Policy
from shared.domain.tenants.tenant import LATELY, RemovalBrake
from shared.domain.values import Value


class Doubt(Value):
    """Empty results of the directory: groups (ids) gone or without users, plans (ids) without holders.

    *seats*: licences are handed out to members, so a user in no group has none.
    """

    group_ids: frozenset[str] = frozenset()
    plan_ids: frozenset[str] = frozenset()
    seats: bool = False


class Fleet(Value):
    """Number of Cloud PCs of a tenant, and of those that it has lost unconfirmed within the last hour.

    Changes from many messages are planned a hundred users at a time: the brake has to count what earlier plans removed.
    """

    number: int
    lately: int = 0

    @classmethod
    def of(cls, cloud_pcs: Iterable[CloudPc], at: datetime) -> Fleet:
        """Count *cloud_pcs*."""
        there = [pc for pc in cloud_pcs if pc.status is not Status.NOT_PROVISIONED]
        return cls(number=len(there), lately=sum(_lost_since(pc, at - LATELY) for pc in there))


def _lost_since(pc: CloudPc, since: datetime) -> bool:
    if pc.status is Status.IN_GRACE_PERIOD and pc.grace is not None:
        return pc.grace.confirmed_by is None and pc.grace.started_at > since
    if pc.status is Status.DEPROVISIONING and pc.removal is not None:
        return pc.removal.confirmed_by is None and pc.removal.seen_at > since
    return False


def braked(
    revocations: Sequence[tuple[CloudPc, RemovalCause]],
    doubt: Doubt,
    brake: RemovalBrake,
    policies: Iterable[Policy],
    fleet: Fleet,
) -> dict[str, str]:
    """Return the reason for each of the *revocations*, by Cloud PC id, that must wait to be confirmed.

    A confirmed one never waits; one that waits already keeps waiting, and counts.
    """
    doubtful = {policy.id for policy in policies if {a.group_id for a in policy.assignments} & doubt.group_ids}
    open_ = [(pc, cause) for pc, cause in revocations if not (pc.removal and pc.removal.confirmed_by)]
    left = {RemovalCause.USER_LEFT_GROUP} | ({RemovalCause.LICENSE_REMOVED} if doubt.seats else set())
    together = len(open_) + fleet.lately
    many = brake.stops(together, of=fleet.number)
    waits: dict[str, str] = {}
    for pc, cause in open_:
        if many:
            waits[pc.id] = f"{together} of {fleet.number} Cloud PCs would be removed at once"
        elif cause in left and pc.current.snapshot and pc.current.snapshot.policy_id in doubtful:
            waits[pc.id] = "a group of its policy is gone, or answered without a single user"
        elif cause is RemovalCause.LICENSE_REMOVED and pc.plan.id in doubt.plan_ids:
            waits[pc.id] = "the directory names nobody who holds its licence"
        elif pc.removal is not None:
            waits[pc.id] = pc.removal.why
    return waits
