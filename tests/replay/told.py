"""Write down the histories of stories, for the forks that no run takes: ``python -m tests.replay.told``.

``tests/stories`` takes every fork of the orchestrators, with scripted answers. Here each story is told to the real SDK,
event by event as the host writes them. Kept are those that reach statements which no recorded history does, as
``ORCHESTRATOR-VERSION-told-NAME.json``. Half a minute.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.implementations import registered
from tests.replay.coverage import Lines, reached, wanted_lines
from tests.replay.record import HISTORIES, ROOT, released_versions
from tests.replay.replaying import Body, Record, flattened
from tests.stories import tell
from tests.stories.tell import CURRENT, START, Told

ACTIVITY, WORKFLOW, TIMER = 0, 2, 5
SCHEDULED = {ACTIVITY: 4, WORKFLOW: 7}
COMPLETED = {ACTIVITY: 5, WORKFLOW: 8}
FAILED = {ACTIVITY: 6, WORKFLOW: 9}
_NAME = 90
"""The longest name of a file, without its end."""


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def event(kind: int, at: datetime, **more: Any) -> Record:
    return {"EventType": kind, "EventId": -1, "IsPlayed": False, "Timestamp": moment(at), **more}


class Chronicle:
    """The history of one story, as it grows."""

    def __init__(self, told: Told, function: Any) -> None:
        self.function, self.answers, self.now = function, deque(told.answers), START
        name, order = told.workflow.name, json.dumps(told.order.to_json())
        self.record: Record = {
            "orchestrator": name,
            "version": told.version,
            "instanceId": "story",
            "input": order,
            "output": None,
            "history": [],
        }
        self.history: list[Record] = self.record["history"]
        self.history.append(event(12, self.now))
        instance = {"InstanceId": "story", "ExecutionId": "story"}
        self.history.append(
            event(0, self.now, OrchestrationInstance=instance, Name=name, Version=told.version, Input=json.dumps(order))
        )

    def written(self) -> Record:
        """Write the whole story; return the record of it."""
        known = 0
        while True:
            answer = json.loads(self.function(Body(self.record, self.history)))
            new = [each for each in flattened(answer["actions"][0]) if each["actionType"] in (*SCHEDULED, TIMER)][
                known:
            ]
            self.history.extend(self.scheduled(number, each) for number, each in enumerate(new, known))
            self.history.append(event(13, self.now))
            if answer["isDone"] or not new:
                self.record["output"] = answer.get("output")
                return self.record
            self.answer(known, new)
            known += len(new)

    def scheduled(self, number: int, action: Record) -> Record:
        """Return the event of a call."""
        kind = action["actionType"]
        if kind == TIMER:
            return event(10, self.now, FireAt=action["fireAt"]) | {"EventId": number}
        more = {"Name": action["functionName"], "Version": "", "Input": json.dumps(action["input"])}
        return event(SCHEDULED[kind], self.now, **more) | {"EventId": number}

    def answer(self, first: int, actions: Sequence[Record]) -> None:
        """Begin a turn with the answers to the calls of the last one."""
        ends: list[Record] = []
        for number, action in enumerate(actions, first):
            said, kind = self.answers.popleft(), action["actionType"]
            if kind == TIMER:
                at = datetime.fromisoformat(action["fireAt"])
                self.now = max(self.now, at)
                ends.append(event(11, self.now, TimerId=number, FireAt=action["fireAt"]))
            elif isinstance(said, Exception):
                ends.append(event(FAILED[kind], self.now, TaskScheduledId=number, Reason=str(said), Details=""))
                break
            else:
                ends.append(event(COMPLETED[kind], self.now, TaskScheduledId=number, Result=json.dumps(said)))
        self.history.extend([event(12, self.now), *(each | {"Timestamp": moment(self.now)} for each in ends)])


class Listener:
    """Hears the stories while pytest runs them; *told* are those of today's release, by the name of the test."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Told]] = []
        self._test = ""

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._test = getattr(item, "originalname", item.name).removeprefix("test_")

    def hear(self, told: Told) -> None:
        if told.version == CURRENT:
            self.told.append((self._test, told))


def stories() -> list[tuple[str, Record]]:
    """Run the stories; return their histories, each with the name of its test."""
    listener = Listener()
    tell.LISTENERS.append(listener.hear)
    failed = pytest.main(["-q", "-p", "no:randomly", "-p", "no:xdist", str(ROOT / "tests/stories")], plugins=[listener])
    tell.LISTENERS.remove(listener.hear)
    if failed:
        sys.exit(f"the stories failed with {failed}")
    functions = {each.get_function_name(): each.get_user_function() for each in registered()}
    return [(test, Chronicle(told, functions[told.workflow.name]).written()) for test, told in listener.told]


def chosen(known: Lines, found: Sequence[tuple[str, Record]]) -> list[tuple[str, Record]]:
    """Return the histories that reach lines that are not *known*, those first that reach most."""
    wanted = wanted_lines()
    missing = {(path, line) for path, lines in wanted.items() for line in lines - known.get(path, set())}
    adds = [(test, record, _places(reached([record]))) for test, record in found]
    kept = []
    while adds and missing:
        test, record, places = max(adds, key=lambda each: (len(each[2] & missing), -len(each[1]["history"])))
        if not places & missing:
            break
        kept.append((test, record))
        missing -= places
    return kept


def _places(lines: Lines) -> set[tuple[Path, int]]:
    return {(path, line) for path, numbers in lines.items() for line in numbers}


def main() -> None:
    """Write the missing histories. Those that are there stay: instances have run by them."""
    if CURRENT in released_versions():
        sys.exit(f"{CURRENT} is released, and its histories stay: raise defaultVersion in host.json first")
    found = stories()
    known = reached(json.loads(path.read_text()) for path in sorted(HISTORIES.glob("*.json")))
    for test, record in chosen(known, found):
        stem = f"{record['orchestrator']}-{CURRENT}-told-{test.replace('_', '-')}"[:_NAME].rstrip("-")
        names = (HISTORIES / f"{stem}-{number}.json" for number in itertools.count(1))
        target = next(path for path in names if not path.exists())
        target.write_text(json.dumps(record, indent=1) + "\n")
        print(target.relative_to(ROOT))  # noqa: T201 - a command


if __name__ == "__main__":
    main()
