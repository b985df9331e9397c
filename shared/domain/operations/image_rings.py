"""Image rings of a policy: the Cloud PCs of each ring of a month, and the transitions of the month. Pure.

A ring is bulk actions, its parts. The canary is rebuilt first, and works for some days; the others are the stable ring
(docs/decisions/0268-image-rings-are-a-timer-over-bulk-actions.md).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING, Status
from shared.domain.images.image import ImageSource
from shared.domain.naming import derived_id
from shared.domain.operations.bulk import BulkAction, BulkItem, BulkStatus, ItemStatus
from shared.domain.policies.image_rings import NOT_KEPT, ImageRings, Month
from shared.domain.values import Value, amount

_LATEST = "latest"
_DAY = timedelta(days=1)

NO_IMAGE = "the image of the policy cannot be used"
OTHER_IMAGE = "the image of the policy has changed since the canary was built"
NOT_REBUILT = "none of the canary was rebuilt, so that nothing shows whether the image works"
NO_CANARY = "no Cloud PC of the policy has come to it through the canary's group"
_TURNED_ON = "the rings were turned on after the day of this month: they begin in the next one"


class Ring(StrEnum):
    """The rings of a month, in their order."""

    CANARY = "canary"
    STABLE = "stable"


class RingStatus(StrEnum):
    """Status of a month."""

    RUNNING = "running"  # a ring is rebuilt
    OBSERVING = "observing"  # the canary has ended, and has to work for some days
    HALTED = "halted"  # until somebody resumes it, or the next month begins
    ENDED = "ended"


class RingPart(Value):
    """A bulk action of a ring."""

    ring: Ring
    bulk_action_id: str


class RingMonth(Value):
    """The latest month of a policy's image rings. *id*: of the policy.

    *image*: the one that Cloud PCs get in this month. *begun_at*: the day of the month. *parts*: the bulk actions so
    far; the last one may not be there yet. *observed_until*: until when the canary has to work. *holds_bulk*: the halt
    has paused the last bulk action, or is about to.
    """

    id: str
    tenant_id: str
    month: str
    status: RingStatus
    image: ImageSource | None = None
    image_display_name: str = ""
    begun_at: datetime
    parts: tuple[RingPart, ...] = ()
    observed_until: datetime | None = None
    reason: str | None = None
    holds_bulk: bool = False
    last_modified_date_time: datetime

    @property
    def ring(self) -> Ring:
        """The ring that it is at."""
        return self.parts[-1].ring if self.parts else Ring.CANARY

    @property
    def bulk_action_id(self) -> str | None:
        """The id of its last bulk action."""
        return self.parts[-1].bulk_action_id if self.parts else None

    def of(self, ring: Ring) -> tuple[str, ...]:
        """Return the ids of the bulk actions of a ring."""
        return tuple(part.bulk_action_id for part in self.parts if part.ring is ring)

    def with_part(self, ring: Ring, now: datetime) -> "RingMonth":
        """Return it with another part of *ring*, whose bulk action is begun next. Its id tells repetitions apart."""
        names = (self.tenant_id, *ring_seed(self, ring, len(self.of(ring))))
        part = RingPart(ring=ring, bulk_action_id=derived_id("bulkAction", *names))
        running = {"status": RingStatus.RUNNING, "reason": None, "holds_bulk": False}
        return self.but(parts=(*self.parts, part), last_modified_date_time=now, **running)

    def halted(self, why: str, now: datetime, *, holds_bulk: bool = False) -> "RingMonth":
        """Return it halted."""
        return self.but(status=RingStatus.HALTED, reason=why, holds_bulk=holds_bulk, last_modified_date_time=now)

    def ended(self, why: str | None, now: datetime) -> "RingMonth":
        """Return it ended. *why*: where that is not because all have been rebuilt."""
        return self.but(status=RingStatus.ENDED, reason=why, holds_bulk=False, last_modified_date_time=now)


class RingProgress(Value):
    """A bulk action of a ring. *counts*: its Cloud PCs by status; empty before it has begun."""

    ring: Ring
    bulk_action_id: str
    counts: dict[str, int]


class NotUpdated(Value):
    """A Cloud PC that a ring did not rebuild, and why."""

    cloud_pc_id: str
    user_principal_name: str
    ring: Ring
    status: ItemStatus
    message: str | None = None


class RingReport(RingMonth):
    """The latest month of a policy's image rings. *next_begins*: when the next one does, null while they are off.

    *not_updated*: the first thousand Cloud PCs that were refused, have failed, or were skipped; the next month tries
    them again. *not_updated_count*: all of them.
    """

    rings: tuple[RingProgress, ...]
    not_updated: tuple[NotUpdated, ...]
    not_updated_count: int
    next_begins: datetime | None = None


def ring_seed(month: RingMonth, ring: Ring, number: int) -> tuple[str, ...]:
    """Return the seed of the ids of a part of a ring: policy, month, ring, number."""
    return ("imageRings", month.id, month.month, ring.value, str(number))


def new_month(month: Month, policy: tuple[str, str], image: ImageSource | None, name: str, now: datetime) -> RingMonth:
    """Return a new month, with its canary as its first part. *policy*: tenant and id; *name*: of the image."""
    fresh = RingMonth(
        id=policy[1],
        tenant_id=policy[0],
        month=month.name,
        status=RingStatus.RUNNING,
        image=image,
        image_display_name=name,
        begun_at=month.begins,
        last_modified_date_time=now,
    )
    return fresh.with_part(Ring.CANARY, now)


def passed_month(month: Month, policy: tuple[str, str], now: datetime) -> RingMonth:
    """Return a month whose day had passed when the rings were turned on: nothing is rebuilt in it."""
    fresh = new_month(month, policy, None, "", now)
    return fresh.but(parts=()).ended(_TURNED_ON, now)


def canary_of(rings: ImageRings, policy_id: str, fleet: Collection[CloudPc]) -> frozenset[str]:
    """Return the ids of the canary of a policy, the same in each month.

    It is the Cloud PCs of its group, else those with the lowest hashes of their ids: at least one. Their
    images do not count.
    """
    if rings.canary_group_id is not None:
        return frozenset(pc.id for pc in fleet if pc.current.group_id == rings.canary_group_id)
    count = -(-len(fleet) * rings.canary_percent // 100)
    ordered = sorted(pc.id for pc in fleet)
    return frozenset(sorted(ordered, key=lambda pc_id: sha256(f"{policy_id}/{pc_id}".encode()).digest())[:count])


_NOT_BUILT = frozenset({Status.NOT_PROVISIONED, Status.PENDING_PROVISION, Status.PROVISIONING, Status.DEPROVISIONING})
"""Statuses of Cloud PCs that have no machine, get a new one anyway, or lose theirs."""


def fleet_of(cloud_pcs: Iterable[CloudPc]) -> list[CloudPc]:
    """Return the Cloud PCs that are in rings: those with a machine that stays."""
    return [pc for pc in cloud_pcs if pc.status not in _NOT_BUILT and pc.current.snapshot is not None]


def is_older(pc: CloudPc, month: RingMonth) -> bool:
    """Whether a Cloud PC was built with another image than the month's.

    Which version a marketplace image had that is named *latest* no snapshot tells: there the time of the build counts.
    """
    snapshot, image = pc.current.snapshot, month.image
    if snapshot is None or image is None:
        return False
    if snapshot.image != image:
        return True
    latest = image.marketplace is not None and image.marketplace.version == _LATEST
    return latest and (pc.provisioned_date_time is None or pc.provisioned_date_time < month.begun_at)


def chosen(
    month: RingMonth, rings: ImageRings, fleet: Collection[CloudPc], tried: Collection[str], most: int
) -> list[CloudPc]:
    """Return the Cloud PCs of the next part of the ring. *tried*: ids of Cloud PCs that had their turn this month."""
    canary = canary_of(rings, month.id, fleet)
    in_ring = (pc for pc in fleet if (pc.id in canary) is (month.ring is Ring.CANARY))
    return sorted((pc for pc in in_ring if pc.id not in tried and is_older(pc, month)), key=lambda pc: pc.id)[:most]


def tried_in(items: Iterable[BulkItem]) -> frozenset[str]:
    """Return the ids of the Cloud PCs that have had their turn: a skipped one was never begun."""
    return frozenset(item.cloud_pc_id for item in items if item.status is not ItemStatus.SKIPPED)


def why_not(rings: ImageRings, month: RingMonth, image: ImageSource | None, kept_in_days: int) -> str | None:
    """Return why nothing of a month may be rebuilt, or None. *image*: the present image of the policy."""
    if rings.enabled and not kept_in_days:
        return NOT_KEPT
    if image is None:
        return NO_IMAGE
    return OTHER_IMAGE if month.image is not None and image != month.image else None


def broken_off(bulk: BulkAction) -> str | None:
    """Return why the bulk action of a ring has ended before its end, or None."""
    if bulk.status is BulkStatus.STOPPED:
        return f"the bulk action {bulk.id} was stopped: {bulk.reason}"
    return f"the bulk action {bulk.id} was canceled" if bulk.status is BulkStatus.CANCELED else None


def after_ring(
    month: RingMonth, rings: ImageRings, fleet: Collection[CloudPc], items: Sequence[BulkItem], now: datetime
) -> RingMonth:
    """Return the month after every Cloud PC of a ring has had its turn. *items*: of the ring."""
    done = month.but(parts=month.parts[:-1])  # the last part has nobody
    if month.ring is Ring.STABLE:
        return done.ended(None, now)
    if not canary_of(rings, month.id, fleet) and fleet:
        return month.halted(NO_CANARY, now)
    if not any(is_older(pc, month) for pc in fleet) and not items:
        return done.ended("each Cloud PC has the image already", now)
    counts = Counter(item.status for item in items)
    if (failed := counts[ItemStatus.FAILED]) > rings.max_failures:
        return done.halted(f"{amount(failed, 'Cloud PC')} of the canary could not be rebuilt", now)
    if items and not counts[ItemStatus.SUCCEEDED]:
        return done.halted(NOT_REBUILT, now)
    until = now + rings.canary_days * _DAY
    return done.but(status=RingStatus.OBSERVING, observed_until=until, last_modified_date_time=now)


def after_days(month: RingMonth, canary: Iterable[CloudPc], now: datetime) -> RingMonth:
    """Return the month after the canary's days. *canary*: its Cloud PCs that exist."""
    broken = [pc for pc in canary if pc.status not in WORKING and pc.status not in _NOT_BUILT]
    if broken:
        return month.halted(f"{amount(len(broken), 'Cloud PC')} of the canary failed since", now)
    return month.with_part(Ring.STABLE, now)


def resumed(month: RingMonth, bulk: BulkAction | None, image: ImageSource, now: datetime) -> RingMonth:
    """Return a halted month, resumed with *image*. *bulk*: its last bulk action, None where it is not there.

    A ring that was broken off goes on with those that it has not reached; after the canary the others follow.
    """
    going = month.but(status=RingStatus.RUNNING, reason=None, image=image, last_modified_date_time=now)
    if bulk is None and month.parts and not month.observed_until:
        return going
    if bulk is not None and broken_off(bulk) is None and bulk.status is not BulkStatus.SUCCEEDED:
        return going
    return going.with_part(Ring.STABLE, now)
