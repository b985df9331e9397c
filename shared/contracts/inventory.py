"""Azure compared with the records: orphans, machines that are gone, and resources that machines share."""

from datetime import timedelta
from typing import Literal, Never

from pydantic import Field

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Poll, PollPolicy, Workflow
from shared.contracts.outcomes import Done, Refused
from shared.domain.cloud_pcs.adopting import UnknownMachine
from shared.domain.cloud_pcs.orphans import Looked, Missing
from shared.domain.operations.machines_gone import Answer, KnownMachine
from shared.domain.values import Value


class Adoptions(Value):
    """Result of adopting machines that no record knows, before anything is listed as an orphan.

    *declined*: why the machine of a Cloud PC or a session host (id) was not adopted; *conflicts*: those of them whose
    things only a person may remove; *waiting*: those for which that was not answered; *complete*: every resource group
    was compared.
    """

    declined: dict[str, str] = Field(default_factory=dict)
    conflicts: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    complete: bool = True

    def judges(self, subject_id: str | None, *, recorded: bool) -> bool:
        """Return whether the resources of a subject may be judged.

        *recorded*: it has a record; else it may get one yet.
        """
        return (self.complete or recorded) and subject_id not in self.waiting


class ScanOrder(Value):
    """Compare the resources of a tenant's Cloud PCs with our records."""

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
        """Name in the list."""
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
    """Result of the scan of one area; the orphans themselves are in their table."""

    kind: Literal["areaScanned"] = "areaScanned"
    looked: Looked


class ScanRecord(Value):
    """The scan is over."""

    tenant_id: str
    looked_at: tuple[Looked, ...]
    missing: tuple[Missing, ...] = ()
    compared: bool = False  # every machine that is there is known, adopted or declined


class Scanned(Value):
    """Orphans to be removed now, by the tenant's own setting."""

    kind: Literal["scanned"] = "scanned"
    removable: tuple[str, ...] = ()


class RemovalOrder(Value):
    """Remove one orphan. *operation_id*: of the request; None if the tenant's setting removes it."""

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
    """Result of a scan. *gone*: the number of machines recorded as gone, None if they were not compared."""

    looked_at: tuple[Looked, ...]
    removed: int = 0
    gone: int | None = None


class OrphanRemoved(Value):
    """Result of a removal."""

    refused: Refused | None = None


BEGIN_SCAN = Activity("begin_scan", ScanOrder, ScanPlan, Refused, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
SCAN_RESOURCE_GROUP = Activity(
    "scan_resource_group", ResourceGroupScanOrder, AreaScanned, Refused, effect=Effect.RECORDS
)
SCAN_HOST_POOL = Activity("scan_host_pool", HostPoolScanOrder, AreaScanned, Refused, effect=Effect.RECORDS)
SCAN_DIRECTORY = Activity("scan_directory", ScanOrder, AreaScanned, Refused, effect=Effect.RECORDS)
RECORD_SCAN = Activity("record_scan", ScanRecord, Scanned, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
DELETE_ORPHAN = Poll("delete_orphan", RemovalOrder, Done, Refused, effect=Effect.ENDS)
RECORD_REMOVAL = Activity("record_removal", RemovalRecord, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS)

REMOVAL_POLL = PollPolicy(timedelta(0), timedelta(seconds=30), timedelta(minutes=60))

FIND_ORPHANS = Workflow("find_orphans", ScanOrder, OrphansFound, longest_wait=REMOVAL_POLL.timeout)
REMOVE_ORPHAN = Workflow("remove_orphan", RemovalOrder, OrphanRemoved, longest_wait=REMOVAL_POLL.timeout)


class Compared(Value):
    """Differences of a resource group from the records.

    *absent*: machines that records know and Azure does not list: suspected to be gone, no more. *unknown*: machines of
    Cloud PCs and session hosts that are there and that no record knows.
    """

    kind: Literal["compared"] = "compared"
    absent: tuple[KnownMachine, ...] = ()
    unknown: tuple[UnknownMachine, ...] = ()


class AdoptOrder(Value):
    """Adopt a machine if its owner is certain."""

    tenant_id: str
    seen: UnknownMachine


class AdoptionTried(Value):
    """Whether it was adopted; *why_not*: the contradiction. *in_use*: it may serve people."""

    kind: Literal["adoptionTried"] = "adoptionTried"
    adopted: bool
    why_not: str | None = None
    in_use: bool = False


class AskOrder(Value):
    """Ask for some machines, each by itself."""

    tenant_id: str
    machines: tuple[KnownMachine, ...]


class Asked(Value):
    """Azure's answers; machines without a definite answer are left out."""

    kind: Literal["asked"] = "asked"
    answers: tuple[Answer, ...] = ()


class GoneOrder(Value):
    """Ask again for machines that were gone in the *first* answers, and record those that are gone again."""

    tenant_id: str
    first: tuple[Answer, ...]


class GoneRecorded(Value):
    """Ids of the owners of machines that are recorded as gone."""

    kind: Literal["goneRecorded"] = "goneRecorded"
    subject_ids: tuple[str, ...] = ()


class MissingFound(Value):
    """Shared resources that a record needs and that are missing."""

    kind: Literal["missingFound"] = "missingFound"
    missing: tuple[Missing, ...] = ()
    problem: str | None = None


COMPARE_RESOURCE_GROUP = Activity(
    "compare_resource_group", ResourceGroupScanOrder, Compared, Refused, effect=Effect.READS
)
ADOPT = Activity("adopt_machine", AdoptOrder, AdoptionTried, Refused, effect=Effect.RECORDS)
ASK_FOR_MACHINES = Activity("ask_for_machines", AskOrder, Asked, Never, effect=Effect.RECORDS)
RECORD_GONE = Activity("record_gone", GoneOrder, GoneRecorded, Never, effect=Effect.RECORDS)
FIND_MISSING = Activity("find_missing", ScanOrder, MissingFound, Refused, effect=Effect.READS)
