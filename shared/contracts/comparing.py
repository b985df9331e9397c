"""Comparison of the records with Azure: machines that are gone, and resources that machines share."""

from __future__ import annotations

from typing import Literal, Never

from shared.contracts.definitions import Activity, Effect
from shared.contracts.orphans import ResourceGroupScanOrder, ScanOrder
from shared.contracts.outcomes import Refused
from shared.domain.cloud_pcs.adopting import UnknownMachine
from shared.domain.cloud_pcs.machines_gone import Answer, KnownMachine
from shared.domain.cloud_pcs.orphans import Missing
from shared.domain.values import Value


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
    """Ask again for machines that were gone at the *first* question, and record those that still are."""

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
