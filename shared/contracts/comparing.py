"""Comparing what the records know with what is there: machines that are gone, and what machines share."""

from __future__ import annotations

from typing import Literal, Never

from shared.contracts.definitions import Activity
from shared.contracts.orphans import ResourceGroupScanOrder, ScanOrder
from shared.contracts.outcomes import Refused
from shared.domain.cloud_pcs.adopting import UnknownMachine
from shared.domain.cloud_pcs.machines_gone import Answer, KnownMachine
from shared.domain.cloud_pcs.orphans import Missing
from shared.domain.values import Value


class Compared(Value):
    """How a resource group differs from the records.

    *absent*: machines that records know and Azure does not list: suspected to be gone, no more. *unknown*: machines of
    Cloud PCs that are there and that no record knows.
    """

    kind: Literal["compared"] = "compared"
    absent: tuple[KnownMachine, ...] = ()
    unknown: tuple[UnknownMachine, ...] = ()


class AdoptOrder(Value):
    """Adopt a machine that is there, if it is sure whose it is."""

    tenant_id: str
    seen: UnknownMachine


class AdoptionTried(Value):
    """Whether it was adopted; *why_not*: what is contradictory."""

    kind: Literal["adoptionTried"] = "adoptionTried"
    adopted: bool
    why_not: str | None = None


class AskOrder(Value):
    """Ask for some machines, each by itself."""

    tenant_id: str
    machines: tuple[KnownMachine, ...]


class Asked(Value):
    """What Azure has answered; of a machine that is left out it has said nothing that counts."""

    kind: Literal["asked"] = "asked"
    answers: tuple[Answer, ...] = ()


class GoneOrder(Value):
    """Ask again for machines that were gone at the *first* question, and record those that still are."""

    tenant_id: str
    first: tuple[Answer, ...]


class GoneRecorded(Value):
    """Whose machines are recorded as gone."""

    kind: Literal["goneRecorded"] = "goneRecorded"
    subject_ids: tuple[str, ...] = ()


class MissingFound(Value):
    """What machines share, is needed by a record, and is not there."""

    kind: Literal["missingFound"] = "missingFound"
    missing: tuple[Missing, ...] = ()
    problem: str | None = None


COMPARE_RESOURCE_GROUP = Activity("compare_resource_group", ResourceGroupScanOrder, Compared, Refused)
ADOPT = Activity("adopt_machine", AdoptOrder, AdoptionTried, Refused)
ASK_FOR_MACHINES = Activity("ask_for_machines", AskOrder, Asked, Never)
RECORD_GONE = Activity("record_gone", GoneOrder, GoneRecorded, Never)
FIND_MISSING = Activity("find_missing", ScanOrder, MissingFound, Refused)
