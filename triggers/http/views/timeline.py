"""The timeline of a Cloud PC: how far it is, and every step of every attempt."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, NotRequired, cast

from typing_extensions import TypedDict

from shared.domain.cloud_pcs.build import Failure, TimelineEntry
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.progress import progress
from shared.domain.cloud_pcs.steps import TITLES, Step
from triggers.http.json_schema import DumpOf, Json, Timestamp


class TimelineEntryView(TypedDict):
    """One step of one attempt."""

    title: str
    generation: int
    attempt: int
    step: Step
    startedAt: Timestamp
    endedAt: NotRequired[Timestamp]
    outcome: NotRequired[str]
    resourceIds: NotRequired[list[str]]
    error: NotRequired[Annotated[Json, DumpOf(Failure)]]
    note: NotRequired[str]


class TimelineView(TypedDict):
    """Progress of a Cloud PC, its estimated end, and its steps, oldest first."""

    cloudPcId: str
    userPrincipalName: str
    status: Status
    generation: int
    step: NotRequired[Step]
    title: str
    percentComplete: int
    estimatedEndDateTime: NotRequired[Timestamp]
    attempt: NotRequired[int]
    reason: NotRequired[str]
    entries: list[TimelineEntryView]


def timeline_view(pc: CloudPc, entries: Iterable[TimelineEntry], now: datetime) -> TimelineView:
    """Return the timeline of a Cloud PC."""
    view = {
        "cloudPcId": pc.id,
        "userPrincipalName": pc.user.user_principal_name,
        "status": pc.status,
        "generation": pc.current.generation,
        **progress(pc, now).to_json(),
        "entries": [_entry(entry) for entry in entries],
    }
    return cast("TimelineView", view)  # to_json has the names and types of Progress


def _entry(entry: TimelineEntry) -> TimelineEntryView:
    view = {"title": TITLES[entry.step], **entry.but(run=None).to_json()}
    return cast("TimelineEntryView", view)
