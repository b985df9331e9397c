"""Tell the story of an orchestrator: drive its generator with scripted answers and listen to what it calls.

Nothing of the Durable SDK runs here; the fake context has exactly the four calls that ``shared.workflow`` makes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from shared.contracts.definitions import Contract, Workflow
from shared.domain.values import Value
from shared.workflow import ContinuedAsNew
from tests.implementations import implementation

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CURRENT: str = json.loads((Path(__file__).parents[2] / "host.json").read_text())["extensions"]["durableTask"][
    "defaultVersion"
]
"""The version of instances that begin today."""
Answer = Value | Exception | list[Any] | Callable[[dict[str, Any]], Any]
Answers = Mapping[Any, Answer]
"""The script: what each contract answers, every time or one after the other."""


@dataclass
class Task:
    """Task that an orchestrator yields."""

    kind: str
    name: str = ""
    payload: Any = None
    parts: list[Task] = field(default_factory=list)


class Context:
    """The part of DurableOrchestrationContext that shared.workflow uses."""

    def __init__(self, version: str) -> None:
        self.current_utc_datetime = START
        self.instance_id = "story"
        self.version = version

    def call_activity(self, name: str, payload: dict[str, Any]) -> Task:
        return Task("activity", name, payload["order"])

    def call_sub_orchestrator(self, name: str, payload: dict[str, Any]) -> Task:
        return Task("workflow", name, payload)

    def create_timer(self, at: datetime) -> Task:
        return Task("timer", payload=at)

    def task_all(self, parts: list[Task]) -> Task:
        return Task("all", parts=parts)


@dataclass
class Told:
    """A story as it was told, for who wants to write it down: each answer, in the order of the calls, or its error."""

    workflow: Workflow[Any, Any]
    order: Value
    version: str
    answers: list[Any] = field(default_factory=list)


LISTENERS: list[Callable[[Told], None]] = []
"""Functions called with each story at its end."""


@dataclass
class Story:
    """Record of a run: the calls in order with their orders, the timers, and the end."""

    calls: list[str] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)
    orders: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    slept: timedelta = timedelta()
    result: Any = None
    continued: dict[str, Any] | None = None

    def last(self, contract: Contract[Any, Any]) -> dict[str, Any]:
        """Return the last order *contract* was given."""
        return self.orders[contract.name][-1]

    def when(self, contract: Contract[Any, Any]) -> datetime:
        """Return when *contract* was called first."""
        return self.moments[self.calls.index(contract.name)]


class Teller:
    """Answers each call from the script; a list is a series of answers, its last one repeats."""

    def __init__(self, answers: Answers, version: str = CURRENT) -> None:
        self._answers = {
            contract.name: list(answer) if isinstance(answer, list) else answer for contract, answer in answers.items()
        }
        self._contracts = {contract.name: contract for contract in answers}
        self.story = Story()
        self.heard: list[Any] = []
        self.context = Context(version)

    def answer(self, task: Task) -> Any:
        if task.kind == "all":
            return [self.answer(part) for part in task.parts]
        try:
            found = self._answer(task)
        except KeyError:
            raise
        except Exception as error:
            self.heard.append(error)
            raise
        self.heard.append(found)
        return found

    def _answer(self, task: Task) -> Any:
        match task.kind:
            case "timer":
                nap = max(task.payload - self.context.current_utc_datetime, timedelta())
                self.story.slept += nap
                self.context.current_utc_datetime += nap
                return None
            case "workflow" if task.name == "await_outcome":
                return self._scripted(task.payload["activity"], task.payload["payload"])
            case _:
                return self._scripted(task.name, task.payload)

    def _scripted(self, name: str, payload: dict[str, Any]) -> Any:
        self.story.calls.append(name)
        self.story.moments.append(self.context.current_utc_datetime)
        self.story.orders.setdefault(name, []).append(payload)
        try:
            self._contracts[name].accepts.model_validate(payload)
        except ValidationError as error:  # no failure that a workflow may catch: the one who is called cannot read it
            raise KeyError(f"{name} cannot read its order: {error}") from error
        answer: Any = self._answers[name]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if callable(answer) and not isinstance(answer, Value):
            answer = answer(payload)
        if isinstance(answer, Exception):
            raise answer
        return answer.to_json() if isinstance(answer, Value) else answer


def tell(workflow: Workflow[Any, Any], order: Value, answers: Answers, *, version: str = CURRENT) -> Story:
    """Return the story of *workflow* with *order* when every call is answered as scripted.

    *version*: the release under which the instance began.
    """
    teller = Teller(answers, version)
    story = teller.story
    steps = implementation(workflow)(teller.context, order)
    try:
        task = next(steps)
        while True:
            try:
                answer = teller.answer(task)
            except KeyError:
                raise
            except Exception as error:  # noqa: BLE001 - scripted: thrown into the orchestrator as Durable does
                task = steps.throw(Exception(str(error)))
            else:
                task = steps.send(answer)
    except StopIteration as end:
        story.result = end.value
    except ContinuedAsNew as end:
        story.continued = end.order.to_json()
    for listener in LISTENERS:
        listener(Told(workflow, order, version, teller.heard))
    return story
