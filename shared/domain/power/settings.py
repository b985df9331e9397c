"""Power schedules: the hours in which Cloud PCs are on, and the rules for unused ones. Pure."""

from datetime import date, time, timedelta
from enum import StrEnum

from pydantic import Field

from shared.domain.graph_property import edit_of
from shared.domain.power.schedule import MOST_EXCEPTIONS, MOST_PHASES, TimedPhase, problems
from shared.domain.power.zones import USER_ZONE
from shared.domain.values import Label, NamedRecord, Value, Word
from shared.errors import Problem


class StopAction(StrEnum):
    """Treatment of a machine that nobody needs, by the words of scaling plans of Azure Virtual Desktop."""

    DEALLOCATE = "deallocate"
    HIBERNATE = "hibernate"
    NONE = "none"


class PowerPhase(TimedPhase):
    """A part of the day: in working hours a Cloud PC is on; at other times it stops when nobody uses it."""

    working: bool = Field(title="Working hours", description="Whether Cloud PCs are kept on.")


class PowerException(Value):
    """A date (local) with phases of its own, such as a public holiday; their *days* do not count."""

    on: date = Field(title="Date", description="Local.")
    phases: tuple[PowerPhase, ...] = Field(
        max_length=MOST_PHASES, title="Phases", description="In place of the week's; none: as the week begins."
    )


class PowerRules(Value):
    """The phases of a week, and the rules for unused Cloud PCs.

    *prestart_in_minutes*: a Cloud PC starts so long before working hours. *signed_off_in_minutes*,
    *disconnected_in_minutes*: how long nobody has to be signed in, or a session has to be disconnected, before a Cloud
    PC stops. *stops_in_working_hours*: whether it also stops in working hours when nobody uses it.
    """

    phases: tuple[PowerPhase, ...] = Field((), max_length=MOST_PHASES, title="Phases", description="Of a week.")
    exceptions: tuple[PowerException, ...] = Field(
        (), max_length=MOST_EXCEPTIONS, title="Exceptions", description="Dates with phases of their own."
    )
    prestart_in_minutes: int = Field(
        15, ge=0, le=120, title="Start early (minutes)", description="Before working hours begin."
    )
    stop_action: StopAction = Field(
        StopAction.DEALLOCATE,
        title="When nobody uses it",
        description="Stop without the cost of computing, keep the memory on disk where the size can, or stay on.",
    )
    disconnected_in_minutes: int = Field(
        60, ge=5, le=1440, title="Stop after disconnection (minutes)", description="An active session is never stopped."
    )
    signed_off_in_minutes: int = Field(
        30, ge=5, le=1440, title="Stop after sign-out (minutes)", description="While nobody is signed in."
    )
    warning_in_minutes: int = Field(
        15, ge=0, le=60, title="Warn before a stop (minutes)", description="In the session; 0: no warning."
    )
    stops_in_working_hours: bool = Field(
        False, title="Stop in working hours", description="When nobody uses it; it starts when its user connects."
    )

    @property
    def prestart(self) -> timedelta:
        """Time before working hours at which a Cloud PC starts."""
        return timedelta(minutes=self.prestart_in_minutes)

    def wait(self, *, disconnected: bool) -> timedelta:
        """Return how long nobody has to be active before a Cloud PC stops."""
        return timedelta(minutes=self.disconnected_in_minutes if disconnected else self.signed_off_in_minutes)


class PowerSettings(PowerRules):
    """The rules for one Cloud PC, in the IANA *time_zone* in which its phases are."""

    time_zone: Word = Field(title="Time zone", description="An IANA name, such as Europe/Berlin.")


def _working_week() -> tuple[PowerPhase, ...]:
    weekdays = (1, 2, 3, 4, 5)
    return (
        PowerPhase(begins=time(7), days=weekdays, working=True),
        PowerPhase(begins=time(19), days=weekdays, working=False),
    )


class PowerScheduleForm(PowerRules):
    """A power schedule to create; without *phases* it has working hours from Monday to Friday, 7:00 to 19:00."""

    display_name: Label = Field(title="Name", description="Of the power schedule.")
    phases: tuple[PowerPhase, ...] = Field(
        default_factory=_working_week, max_length=MOST_PHASES, title="Phases", description="Of a week."
    )
    time_zone: Word | None = Field(
        None,
        title="Time zone",
        description="An IANA name, such as Europe/Berlin; that of each Cloud PC's site when left out. With user: that "
        "of the user's country (usageLocation) where it has one only, else the site's.",
    )

    def settings(self, zone: str) -> PowerSettings:
        """Return the rules for a Cloud PC whose own time zone is *zone*."""
        rules = {name: getattr(self, name) for name in PowerRules.model_fields}
        return PowerSettings(**rules, time_zone=self.time_zone or zone)

    def problems(self) -> tuple[Problem, ...]:
        """Return the problems of the schedule, with pointers into the form."""
        return tuple(Problem(f"/{at}", message) for at, message in problems(self._anywhere()))

    def _anywhere(self) -> PowerSettings:
        """Return the rules in the schedule's zone, or in any where it follows from the Cloud PC."""
        settings = self.settings(_ANY_ZONE)
        return settings.but(time_zone=_ANY_ZONE) if settings.time_zone == USER_ZONE else settings


_ANY_ZONE = "UTC"

PowerScheduleEdit = edit_of(
    PowerScheduleForm, "PowerScheduleEdit", "Changed properties of a power schedule; null gives one its default back."
)


class PowerSchedule(NamedRecord, PowerScheduleForm):
    """A power schedule of a tenant; policies refer to it."""

    @property
    def form(self) -> PowerScheduleForm:
        """The part that people set."""
        return PowerScheduleForm(**{name: getattr(self, name) for name in PowerScheduleForm.model_fields})
