"""Plans: the intents of a reconcile, and the brake on too many removals."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pydantic import Field

from shared.domain.cloud_pcs.cloud_pc import CloudPc, RemovalCause
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.planning.entitlements import Entitlement
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
    """Number of Cloud PCs of a tenant, and how many it lost without a confirmation within the last hour.

    Changes from many messages are planned a hundred users at a time: the brake has to count what earlier plans removed.
    """

    number: int
    lately: int = 0

    @classmethod
    def of(cls, cloud_pcs: Iterable[CloudPc], at: datetime) -> "Fleet":
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


NOTHING_TO_LOSE = frozenset({Status.NOT_PROVISIONED, Status.IN_GRACE_PERIOD, Status.DEPROVISIONING})
"""Statuses in which a plan takes nothing from the user: there is nothing, or it is being taken."""


class Observed(Value):
    """The state of the directory and the records.

    *complete* is False when the directory answered only partly (or for some users only): then nobody who is
    missing from *entitlements* is taken for gone. *gone*: users that the directory no longer has. *doubt*: what it
    returned empty and should not have. *free*: how many more Cloud PCs of a plan (id) its licences allow; a plan that
    is not in it has no limit. *fleet*: all Cloud PCs of the tenant, as far as they are known; None: *cloud_pcs*.
    """

    entitlements: tuple[Entitlement, ...]
    cloud_pcs: tuple[CloudPc, ...]
    complete: bool
    gone: frozenset[str] = frozenset()
    doubt: Doubt = Field(default_factory=Doubt)
    free: Mapping[str, int] = {}
    fleet: tuple[CloudPc, ...] | None = None

    @property
    def everything(self) -> tuple[CloudPc, ...]:
        """All known Cloud PCs of the tenant."""
        return self.cloud_pcs if self.fleet is None else self.fleet


class Rules(Value):
    """The tenant's rules for planning.

    *paused*: why nothing happens to a policy's (id) Cloud PCs now; *halted*: why nothing happens to those of any other.
    *disabled_lose*: whether users with a disabled account lose their Cloud PCs.
    """

    brake: RemovalBrake = Field(default_factory=RemovalBrake)
    disabled_lose: bool = False
    paused: Mapping[str, str] = {}
    halted: str | None = None

    def pause_reason(self, pc: CloudPc) -> str | None:
        """Return why no build and no removal of *pc* may begin now, None when it may."""
        snapshot = pc.current.snapshot
        return self.paused.get(snapshot.policy_id, self.halted) if snapshot else self.halted


_TAKES = ("moved", "swapped", "list_only", "provision", "delete", "removals", "cancel", "grace")


class Plan(Value):
    """Planned changes: records to write, each once; then builds to start, and removals."""

    provision: tuple[CloudPc, ...] = ()
    waiting: tuple[CloudPc, ...] = ()  # planned before, may not start yet: the reason has changed
    list_only: tuple[CloudPc, ...] = ()  # notProvisioned, with the reason
    grace: tuple[CloudPc, ...] = ()  # a grace period begins
    cancel: tuple[CloudPc, ...] = ()  # what does not work yet is cancelled and cleaned up
    removals: tuple[CloudPc, ...] = ()  # a removal was found, and waits to be confirmed
    reprieves: tuple[CloudPc, ...] = ()  # a grace period, or a removal that waits, no longer holds
    resizes: tuple[CloudPc, ...] = ()  # the licence of a resize is there, its work begins
    swapped: tuple[CloudPc, ...] = ()  # its licences are swapped no longer: one of them is not its own any more
    moved: tuple[CloudPc, ...] = ()  # its user comes to its policy by another group than before
    delete: tuple[CloudPc, ...] = ()  # nothing is left of it, and no licence is for it
    start: tuple[str, ...] = ()  # ids of builds that were planned, now or before, and may start

    @property
    def writes(self) -> tuple[CloudPc, ...]:
        """The records to write."""
        kept = (*self.provision, *self.waiting, *self.list_only, *self.moved)
        ended = (*self.grace, *self.cancel, *self.removals, *self.reprieves)
        return (*self.resizes, *self.swapped, *ended, *kept)  # what releases a licence comes before what may claim it

    def losses(self, known: Mapping[str, CloudPc]) -> dict[str, str]:
        """Return by which of its actions the plan takes something from a user, by the id of the Cloud PC.

        *known*: the records as they are, by id. Another group, policy or licence than before is a loss, too.
        """
        taken = {name: getattr(self, name) for name in _TAKES}
        return {
            pc.id: name
            for name, pcs in taken.items()
            for pc in pcs
            if pc.id in known and known[pc.id].status not in NOTHING_TO_LOSE
        }

    def named(self, ids: Mapping[str, str]) -> "Plan":
        """Return the plan with new Cloud PCs renamed by *ids* (old id to new id).

        Ids stay unique: a new Cloud PC that would have the same id as another is left out of this plan.
        """
        taken = set(ids.values())
        last = {new: old for old, new in ids.items()}

        def after(pcs: tuple[CloudPc, ...]) -> tuple[CloudPc, ...]:
            kept = (pc for pc in pcs if pc.id not in taken and last.get(ids.get(pc.id, ""), pc.id) == pc.id)
            return tuple(pc.but(id=ids.get(pc.id, pc.id)) for pc in kept)

        start = (pc_id for pc_id in self.start if pc_id not in taken and last.get(ids.get(pc_id, ""), pc_id) == pc_id)
        return self.but(
            provision=after(self.provision),
            list_only=after(self.list_only),
            start=tuple(ids.get(pc_id, pc_id) for pc_id in start),
        )

    @property
    def counts(self) -> dict[str, int]:
        """Number of Cloud PCs for each planned action, in words for people."""
        return {
            "provision": len(self.provision),
            "wait": len(self.waiting),
            "list": len(self.list_only),
            "beginGrace": len(self.grace),
            "cancel": len(self.cancel),
            "confirmRemoval": len(self.removals),
            "endGrace": len(self.reprieves),
            "resize": len(self.resizes),
            "delete": len(self.delete),
            "start": len(self.start),
        }

    @property
    def empty(self) -> bool:
        """Whether nothing has to be written."""
        return not (self.writes or self.delete)
