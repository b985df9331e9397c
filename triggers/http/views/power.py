"""Views of power schedules, and of the power of Cloud PCs."""

from datetime import datetime

from typing_extensions import TypedDict

from shared.domain.power.engine import Opinion, PowerRule
from shared.domain.power.record import CloudPcPower
from shared.domain.power.settings import PowerSchedule, PowerScheduleForm
from shared.domain.power.state import DesiredPower, GraphPower, ObservedPower, PowerActor
from triggers.http.json_schema import Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Entity
from triggers.http.properties import typed

POWER_SCHEDULES = Collection(
    name="powerSchedules",
    kinds=kinds_of(
        *("id", "displayName", "timeZone", "stopAction"),
        numbers="prestartInMinutes disconnectedInMinutes signedOffInMinutes warningInMinutes",
        flags="stopsInWorkingHours",
        moments="createdDateTime lastModifiedDateTime",
    ),
    searched=("displayName", "timeZone"),
)
PowerScheduleView = typed(
    "PowerScheduleView",
    {
        "id": str,
        **{field.alias or name: field.annotation for name, field in PowerScheduleForm.model_fields.items()},
        "createdDateTime": Timestamp,
        "lastModifiedDateTime": Timestamp,
    },
    "A power schedule; without a time zone its phases are in that of each Cloud PC's site.",
)
POWER_SCHEDULE = Entity(PowerScheduleView)


def power_schedule_view(schedule: PowerSchedule) -> Json:
    """Return a power schedule; its tenant is in the address."""
    return {
        "id": schedule.id,
        **schedule.form.model_dump(mode="json", by_alias=True),
        "createdDateTime": timestamp(schedule.created_date_time),
        "lastModifiedDateTime": timestamp(schedule.last_modified_date_time),
    }


class PowerOpinionView(TypedDict):
    """Power that one rule wants, with its reason; *until*: None until something changes."""

    rule: PowerRule
    wants: DesiredPower
    since: Timestamp
    until: Timestamp | None
    why: str


class PowerView(TypedDict):
    """The power of a Cloud PC: since when and why it is on or off, and its next change.

    *observed*: Graph's *powerState* in more words; ``shutDown``: Windows was shut down from inside, and the machine is
    billed until it is deallocated. *stopsAt*: when it stops if nobody comes. *waits*: why the power that is wanted
    is not there. *nextTransitionAt*: when it is looked at again. *nextTry*: of a start that Azure has refused.
    *fallbackSize*: the size with which it started while Azure had no capacity for its own. *unhibernated*: why it was
    stopped without keeping its memory. *decidedBy*: the rule that wins; *overruled*: those that lose, the strongest
    first. *nextChange*: the next rule that will win and want other power, if nobody comes, since the time at which it
    will. *overriddenUntil*: the end of the rules that this Cloud PC has of its own.
    """

    powerState: GraphPower
    observed: ObservedPower
    desired: DesiredPower
    since: Timestamp | None
    changedBy: PowerActor | None
    reason: str
    waits: str | None
    keptAwakeUntil: Timestamp | None
    keptAwakeBy: str | None
    stopsAt: Timestamp | None
    nextTransitionAt: Timestamp | None
    nextTry: Timestamp | None
    fallbackSize: str | None
    unhibernated: str | None
    decidedBy: PowerOpinionView | None
    overruled: list[PowerOpinionView]
    nextChange: PowerOpinionView | None
    overriddenUntil: Timestamp | None


PowerProperties = TypedDict("PowerProperties", {"powerState": GraphPower, "@deskwright.power": PowerView}, total=False)
"""The properties of a Cloud PC that come from the table of its power."""


def power_properties(power: CloudPcPower | None, now: datetime) -> PowerProperties:
    """Return the properties of a Cloud PC that come from its power."""
    shown = power_view(power, now)
    return {"powerState": shown["powerState"], "@deskwright.power": shown}


def power_view(power: CloudPcPower | None, now: datetime) -> PowerView:
    """Return the power of a Cloud PC; *power* is None where nobody has switched it, and no rule wants anything."""
    awake = power.awake_at(now) if power else None
    override = power.overridden_at(now) if power else None
    return {
        "powerState": power.observed.graph if power else "unknown",
        "observed": power.observed if power else ObservedPower.UNKNOWN,
        "desired": power.desired if power else DesiredPower.LEAVE,
        "since": timestamp(power.since) if power else None,
        "changedBy": power.changed_by if power else None,
        "reason": power.reason if power else "",
        "waits": _why_not(power) if power else None,
        "keptAwakeUntil": timestamp(awake.until) if awake else None,
        "keptAwakeBy": awake.by if awake else None,
        "stopsAt": timestamp(power.stops_at) if power and power.observed.is_on else None,
        "nextTransitionAt": timestamp(power.next_transition_at) if power else None,
        "nextTry": timestamp(power.refused.next_try) if power and power.refused else None,
        "fallbackSize": power.fallback_size if power else None,
        "unhibernated": power.unhibernated.why if power and power.unhibernated else None,
        "decidedBy": _opinion_view(power.winner) if power and power.winner else None,
        "overruled": [_opinion_view(each) for each in power.losers] if power else [],
        "nextChange": _opinion_view(power.next_change) if power and power.next_change else None,
        "overriddenUntil": timestamp(override.until_date_time) if override else None,
    }


def _why_not(power: CloudPcPower) -> str | None:
    """Return why the power that is wanted is not there, None where it is."""
    stays = power.observed.is_on and power.desired is DesiredPower.OFF
    return power.waits or (power.stop_refused if stays else None)


def _opinion_view(opinion: Opinion) -> PowerOpinionView:
    return {
        "rule": opinion.rule,
        "wants": opinion.wants,
        "since": timestamp(opinion.since),
        "until": timestamp(opinion.until),
        "why": opinion.why,
    }
