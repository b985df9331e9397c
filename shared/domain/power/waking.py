"""Machines that were off for weeks: each is woken for half an hour at night, before its agents lose their tokens. Pure.

A session host that was off for about a month is *Unavailable* after its start, because the token of its agent has
expired (https://github.com/MicrosoftDocs/azure-docs/issues/114491).
"""

from datetime import UTC, datetime, time, timedelta
from zlib import crc32
from zoneinfo import ZoneInfo

from shared.domain.power.state import MaintenanceWindow

OFF_FOR = timedelta(days=20)
"""Time after which a machine that is off is woken."""

AWAKE_FOR = timedelta(minutes=30)
STOPPED_WITHIN = timedelta(hours=2)
"""Time after the half hour in which it is stopped again."""

_NIGHTS = 3
_FIRST, _SPREAD_IN_MINUTES = time(1), 180
WHY = "it was off for 20 days, and its agents have to renew their tokens"


def wake_window(off_since: datetime, machine: str, zone: str, now: datetime) -> MaintenanceWindow:
    """Return when a machine that is off is woken: at a minute of its own, in one of the nights after 20 days.

    *machine*: its id, which spreads a fleet that was stopped in one evening. *zone*: in which it is night. A night that
    passed without the start is made up for in the next one.
    """
    here, turn = ZoneInfo(zone), crc32(machine.encode())
    night = (off_since + OFF_FOR).astimezone(here).date() + timedelta(days=1 + turn % _NIGHTS)
    later = timedelta(minutes=turn // _NIGHTS % _SPREAD_IN_MINUTES)
    night = max(night, now.astimezone(here).date())
    while True:
        begins = datetime.combine(night, _FIRST, tzinfo=here).astimezone(UTC) + later
        if begins + AWAKE_FOR > now:
            return MaintenanceWindow(begins=begins, ends=begins + AWAKE_FOR, why=WHY)
        night += timedelta(days=1)
