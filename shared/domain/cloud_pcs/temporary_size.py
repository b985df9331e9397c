"""The hardware of another service plan that a machine has until a time. Pure."""

from datetime import datetime, timedelta

from pydantic import Field

from shared.domain.machines.service_plan import ServicePlan, size_ladder
from shared.domain.values import Value, is_none

LONGEST = timedelta(days=92)
"""Longest time for which a machine has a temporary size."""

QUIET_FOR = timedelta(hours=1)
"""Time without an active session after which a machine with a disconnected session goes back to its own size."""


class TemporarySize(Value):
    """The hardware of another plan that a machine has until a time, and then no longer.

    The licence, the disk and the plan of the Cloud PC stay. *operation_id*: of the action that began it. *waits*: why
    the machine has not gone back although the time is over; *quiet_since*: since when nobody is active on it then.
    """

    plan: ServicePlan
    until: datetime
    at: datetime
    by: str
    operation_id: str
    waits: str | None = Field(None, exclude_if=is_none)
    quiet_since: datetime | None = Field(None, exclude_if=is_none)

    def ending(self, at: datetime) -> "TemporarySize":
        """Return it with another end."""
        return self.but(until=at, waits=None, quiet_since=None)

    def why_kept(self, now: datetime, *, active: int, disconnected: int) -> "TemporarySize":
        """Return it with the reason why the sessions on the machine keep it: somebody is active, or was just now."""
        if active:
            return self.but(waits="its user is active", quiet_since=None)
        quiet = self.quiet_since or now
        waits = disconnected and now - quiet < QUIET_FOR
        return self.but(waits="its user has left a session open" if waits else None, quiet_since=quiet)


def why_not_larger(own: ServicePlan, target: ServicePlan) -> str | None:
    """Return why a machine of the plan *own* cannot have the hardware of *target* for a time, or None if it can."""
    less = target.v_cpu_count < own.v_cpu_count or target.ram_in_gb < own.ram_in_gb
    same = (target.v_cpu_count, target.ram_in_gb) == (own.v_cpu_count, own.ram_in_gb)
    if less or same:
        return f"{target.display_name} has no larger hardware than {own.display_name}"
    return None if size_ladder(target) else f"no known VM size has what {target.display_name} promises"
