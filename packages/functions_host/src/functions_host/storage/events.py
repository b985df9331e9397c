"""History events as the JSON text that the SDK reads (docs/notes.md 1.2).

An event is written once, when its message is made, and never parsed again by a turn: the history that the
orchestrator gets is these texts joined with commas.
"""

import json
from enum import IntEnum

from functions_host.timestamps import stamp

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


def event(kind: EventType, moment_us: int, event_id: int = -1, /, **fields: object) -> str:
    """Write one event; ``fields`` follow the four that every event has."""
    head = f'{{"EventType":{int(kind)},"EventId":{event_id},{_FRESH},"Timestamp":"{stamp(moment_us)}"'
    if not fields:
        return head + "}"
    return head + "," + _written(fields)[1:]


def played(body: str, kind: int) -> str:
    """Return the event as later turns get it; OrchestratorStarted and OrchestratorCompleted are never played."""
    return body if kind in _BRACKETS else body.replace(_FRESH, _PLAYED, 1)
