"""Finding orphans, and removing them."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from shared.contracts.definitions import PATIENT, Activity, PollPolicy, Workflow, returns
from shared.contracts.outcomes import Done, Pending, Refused
from shared.domain.orphans import Looked
from shared.domain.values import Value


class ScanOrder(Value):
    """Compare what there is of a tenant's Cloud PCs with our records."""

    tenant_id: str


class Place(Value):
    """A resource group of one subscription in which machines of the tenant are, or may be."""

    subscription_id: str
    resource_group: str


class PlaceOrder(Value):
    """Look for orphans in one resource group."""

    tenant_id: str
    subscription_id: str
    resource_group: str

    @property
    def area(self) -> str:
        """What the list calls it."""
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"


class PoolOrder(Value):
    """Look for orphans in one host pool."""

    tenant_id: str
    host_pool_id: str


class ScanPlan(Value):
    """Where to look."""

    kind: Literal["scanPlan"] = "scanPlan"
    places: tuple[Place, ...]
    host_pool_ids: tuple[str, ...]


class LookedAt(Value):
    """What a look came to; the orphans themselves are in their table."""

    kind: Literal["lookedAt"] = "lookedAt"
    looked: Looked


class ScanRecord(Value):
    """The scan is over."""

    tenant_id: str
    looked_at: tuple[Looked, ...]


class Scanned(Value):
    """What is to be removed now, by the tenant's own setting."""

    kind: Literal["scanned"] = "scanned"
    removable: tuple[str, ...] = ()


class RemovalOrder(Value):
    """Remove one orphan. *operation_id*: the operation of whoever asked; None: the tenant's setting did."""

    tenant_id: str
    orphan_id: str
    operation_id: str | None = None


class RemovalRecord(Value):
    """It is gone, or *refused* says why it is not."""

    tenant_id: str
    orphan_id: str
    operation_id: str | None = None
    refused: Refused | None = None


class OrphansFound(Value):
    """What a scan came to."""

    looked_at: tuple[Looked, ...]
    removed: int = 0


class OrphanRemoved(Value):
    """What a removal came to."""

    refused: Refused | None = None


FIND_ORPHANS = Workflow("find_orphans", ScanOrder, returns(OrphansFound))
REMOVE_ORPHAN = Workflow("remove_orphan", RemovalOrder, returns(OrphanRemoved))

BEGIN_SCAN = Activity("begin_scan", ScanOrder, returns(ScanPlan | Refused), PATIENT)
POLL_PLACE = Activity("poll_place", PlaceOrder, returns(LookedAt | Refused))
POLL_POOL = Activity("poll_pool", PoolOrder, returns(LookedAt | Refused))
POLL_DIRECTORY = Activity("poll_directory", ScanOrder, returns(LookedAt | Refused))
RECORD_SCAN = Activity("record_scan", ScanRecord, returns(Scanned), PATIENT)
TAKE_AWAY = Activity("take_away", RemovalOrder, returns(Done | Pending | Refused))
RECORD_REMOVAL = Activity("record_removal", RemovalRecord, returns(Done), PATIENT)

REMOVAL_POLL = PollPolicy(timedelta(0), timedelta(seconds=30), timedelta(minutes=60))
