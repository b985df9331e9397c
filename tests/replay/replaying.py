"""Replaying a history: the bodies that the worker hands to an orchestrator, and its answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

ORCHESTRATOR_STARTED = 12
TASK_SCHEDULED, SUB_ORCHESTRATION_CREATED, TIMER_CREATED = 4, 7, 10

Record = dict[str, Any]


class Body:
    """Body that the worker hands to an orchestrator."""

    def __init__(self, record: Record, history: list[Record]) -> None:
        self.body = json.dumps(
            {
                "history": history,
                "input": record["input"],
                "instanceId": record["instanceId"],
                "isReplaying": True,
                "parentInstanceId": None,
                "upperSchemaVersion": 1,
                "upperSchemaVersionNew": 2,
            }
        )


def turns(history: list[Record]) -> Iterator[list[Record]]:
    """Yield the history as each turn saw it: up to the next start of a turn."""
    starts = [n for n, event in enumerate(history) if event["EventType"] == ORCHESTRATOR_STARTED]
    for end in [*starts[1:], len(history)]:
        yield history[:end]


def flattened(actions: list[Record]) -> Iterator[Record]:
    """Yield the actions in the order in which the host numbers them."""
    for action in actions:
        if "compoundActions" in action:
            yield from flattened(action["compoundActions"])
        else:
            yield action


def scheduled(history: list[Record]) -> list[tuple[str, str]]:
    """Return the scheduled tasks of a history: kind and name."""
    kinds = {TASK_SCHEDULED: "activity", SUB_ORCHESTRATION_CREATED: "workflow", TIMER_CREATED: "timer"}
    return [(kinds[e["EventType"]], e.get("Name") or "") for e in history if e["EventType"] in kinds]


def asked(actions: list[Record]) -> list[tuple[str, str]]:
    """Return the tasks that the orchestrator asks for: kind and name."""
    kinds = {0: "activity", 2: "workflow", 5: "timer"}
    return [(kinds[a["actionType"]], a.get("functionName", "")) for a in flattened(actions) if a["actionType"] in kinds]


def replayed(function: Any, record: Record, history: list[Record]) -> Record:
    answer: Record = json.loads(function(Body(record, history)))
    return answer
