"""History events as the JSON text that the SDK reads (host.md 1.2).

An event is written once, when its message is made, and never parsed again by a turn: the
history that goes to the orchestrator is these texts joined with commas.
"""

import json
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from functools import lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_written = json.JSONEncoder(separators=(",", ":")).encode  # json.dumps would make an encoder for each event
_FRESH, _PLAYED = '"IsPlayed":false', '"IsPlayed":true'


class EventType(IntEnum):
    """Kinds of history events, numbered as DurableTask.Core does."""

    EXECUTION_STARTED = 0
    EXECUTION_COMPLETED = 1
    EXECUTION_TERMINATED = 3
    TASK_SCHEDULED = 4
    TASK_COMPLETED = 5
    TASK_FAILED = 6
    SUB_CREATED = 7
    SUB_COMPLETED = 8
    SUB_FAILED = 9
    TIMER_CREATED = 10
    TIMER_FIRED = 11
    ORCHESTRATOR_STARTED = 12
    ORCHESTRATOR_COMPLETED = 13
    EVENT_SENT = 14
    EVENT_RAISED = 15
    EXECUTION_SUSPENDED = 19
    EXECUTION_RESUMED = 20
    EXECUTION_REWOUND = 21


_BRACKETS = {EventType.ORCHESTRATOR_STARTED, EventType.ORCHESTRATOR_COMPLETED}


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    return (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def stamp(moment_us: int) -> str:
    """Write microseconds since the epoch as .NET does: seven digits and Z."""
    seconds, fraction = divmod(moment_us, 1_000_000)
    return f"{_second(seconds)}.{fraction:06d}0Z"


def to_us(moment: datetime) -> int:
    """Count microseconds since the epoch; a moment without a zone counts as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(microseconds=1)


def parse_us(text: str) -> int:
    """Read an ISO timestamp of any precision as microseconds since the epoch."""
    return to_us(datetime.fromisoformat(text))


def event(kind: EventType, moment_us: int, event_id: int = -1, /, **fields: object) -> str:
    """Write one event; ``fields`` follow the four that every event has."""
    head = f'{{"EventType":{int(kind)},"EventId":{event_id},{_FRESH},"Timestamp":"{stamp(moment_us)}"'
    if not fields:
        return head + "}"
    return head + "," + _written(fields)[1:]


def played(body: str, kind: int) -> str:
    """Return the event as later turns see it; the brackets of a turn are never played."""
    return body if kind in _BRACKETS else body.replace(_FRESH, _PLAYED, 1)
