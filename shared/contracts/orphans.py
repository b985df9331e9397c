"""Finding orphans, and removing them."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Never

from pydantic import Field

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Poll, PollPolicy, Workflow
from shared.contracts.outcomes import Done, Refused
from shared.domain.cloud_pcs.orphans import Looked, Missing
from shared.domain.values import Value


class Adoptions(Value):
    """What came of adopting machines that no record knows, before anything is listed as an orphan.

    *declined*: why the machine of a Cloud PC (id) was not adopted; *waiting*: Cloud PCs for which that was not
    answered; *complete*: every resource group was compared.
    """

    declined: dict[str, str] = Field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    complete: bool = True

    def judges(self, cloud_pc_id: str | None, *, recorded: bool) -> bool:
        """Whether what is of a Cloud PC may be judged. *recorded*: it has a record; else it may get one yet."""
        return (self.complete or recorded) and cloud_pc_id not in self.waiting


class ScanOrder(Value):
    """Compare what there is of a tenant's Cloud PCs with our records."""

    tenant_id: str
    adoptions: Adoptions = Field(default_factory=Adoptions)


class ResourceGroup(Value):
    """A resource group of one subscription in which machines of the tenant are, or may be."""

    subscription_id: str
    resource_group: str


class ResourceGroupScanOrder(Value):
    """Look for orphans in one resource group."""

    tenant_id: str
    subscription_id: str
    resource_group: str
    adoptions: Adoptions = Field(default_factory=Adoptions)

    @property
    def area(self) -> str:
        """What the list calls it."""
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"


class HostPoolScanOrder(Value):
    """Look for orphans in one host pool."""

    tenant_id: str
    host_pool_id: str
    adoptions: Adoptions = Field(default_factory=Adoptions)


class ScanPlan(Value):
    """The areas to scan."""

    kind: Literal["scanPlan"] = "scanPlan"
    resource_groups: tuple[ResourceGroup, ...]
    host_pool_ids: tuple[str, ...]


class AreaScanned(Value):
    """What the scan of one area came to; the orphans themselves are in their table."""

    kind: Literal["areaScanned"] = "areaScanned"
    looked: Looked


class ScanRecord(Value):
    """The scan is over."""

    tenant_id: str
    looked_at: tuple[Looked, ...]
    missing: tuple[Missing, ...] = ()
    compared: bool = False  # every machine that is there is known, adopted or declined


class Scanned(Value):
    """What is to be removed now, by the tenant's own setting."""

    kind: Literal["scanned"] = "scanned"
    removable: tuple[str, ...] = ()


class RemovalOrder(Value):
    """Remove one orphan. *operation_id*: of the request; None: by the tenant's setting."""

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
    """What a scan came to. *gone*: machines that were recorded as gone, None: they were not looked for."""

    looked_at: tuple[Looked, ...]
    removed: int = 0
    gone: int | None = None


class OrphanRemoved(Value):
    """What a removal came to."""

    refused: Refused | None = None


BEGIN_SCAN = Activity("begin_scan", ScanOrder, ScanPlan, Refused, RETRY_FOR_A_DAY)
SCAN_RESOURCE_GROUP = Activity("scan_resource_group", ResourceGroupScanOrder, AreaScanned, Refused)
SCAN_HOST_POOL = Activity("scan_host_pool", HostPoolScanOrder, AreaScanned, Refused)
SCAN_DIRECTORY = Activity("scan_directory", ScanOrder, AreaScanned, Refused)
RECORD_SCAN = Activity("record_scan", ScanRecord, Scanned, Never, RETRY_FOR_A_DAY)
DELETE_ORPHAN = Poll("delete_orphan", RemovalOrder, Done, Refused)
RECORD_REMOVAL = Activity("record_removal", RemovalRecord, Done, Never, RETRY_FOR_A_DAY)

REMOVAL_POLL = PollPolicy(timedelta(0), timedelta(seconds=30), timedelta(minutes=60))

FIND_ORPHANS = Workflow("find_orphans", ScanOrder, OrphansFound, longest_wait=REMOVAL_POLL.timeout)
REMOVE_ORPHAN = Workflow("remove_orphan", RemovalOrder, OrphanRemoved, longest_wait=REMOVAL_POLL.timeout)
