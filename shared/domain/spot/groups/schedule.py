"""The weekly schedule of a Spot Group, with dated exceptions, in the group's own time zone. Pure.

``shared.domain.power.schedule`` has the rules of every schedule.
"""

from datetime import date
from enum import StrEnum

from pydantic import Field

from shared.domain.power.schedule import MOST_EXCEPTIONS, MOST_PHASES, TimedPhase
from shared.domain.values import Value, Word


class LoadBalancing(StrEnum):
    """Load balancing of sign-ins by the broker: to the host with the fewest sessions, or with the most."""

    BREADTH_FIRST = "breadthFirst"
    DEPTH_FIRST = "depthFirst"


class SchedulePhase(TimedPhase):
    """A part of the day with its rules; *days* are ISO weekdays (1 is Monday), *begins* is local time.

    *minimum_online*: hosts that are online at least, from its very beginning. *buffer_percent* and *load_balancing*
    replace the group's. *rests*: while nobody is signed in no host needs to be online; the first sign-in starts one.
    """

    minimum_online: int = Field(
        default=0,
        ge=0,
        le=1000,
        title="Least hosts online",
        description="How many hosts are online from the beginning of the phase.",
    )
    buffer_percent: int | None = Field(
        default=None, ge=0, le=100, title="Buffer (percent)", description="Leave it empty to use the group's buffer."
    )
    load_balancing: LoadBalancing | None = Field(
        None, title="Load balancing", description="Leave it empty to use the group's setting."
    )
    rests: bool = Field(False, title="Rests", description="No host needs to be online while nobody is signed in.")


class DatedException(Value):
    """A date (local) with phases of its own, such as a public holiday; their *days* do not count."""

    on: date = Field(title="Date", description="A date in the schedule's time zone.")
    phases: tuple[SchedulePhase, ...] = Field(
        max_length=MOST_PHASES, title="Phases", description="They replace the phases of the week on this date."
    )


class Schedule(Value):
    """The phases of a week in the IANA *time_zone*."""

    time_zone: Word = Field(title="Time zone", description="An IANA name, such as Europe/Berlin.")
    phases: tuple[SchedulePhase, ...] = Field(
        (), max_length=MOST_PHASES, title="Phases", description="The phases of each week."
    )
    exceptions: tuple[DatedException, ...] = Field(
        (), max_length=MOST_EXCEPTIONS, title="Exceptions", description="Dates with phases of their own."
    )
