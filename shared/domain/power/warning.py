"""The warning before a Cloud PC stops: when, why, and how to keep it on. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

TITLE = "Your Cloud PC is about to stop"


def stop_warning(stops_at: datetime, zone: str, why: str) -> str:
    """Return the text of the warning in a session. *zone*: the IANA name of the time zone in which the time is said."""
    local = stops_at.astimezone(ZoneInfo(zone))
    return (
        f"This Cloud PC stops at {local:%H:%M} on {local.day} {local:%B %Y} ({zone}), because {why} and nobody is "
        "active on it. To keep it on, reconnect to it and work on, or keep it awake on its page of the portal. "
        "What is not saved by then is lost; signing in later starts it again."
    )
