"""Orchestrations whose outcome Microsoft's end-to-end tests of Durable Functions in Python expect."""

import json
import logging
from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any, List  # noqa: UP035 - Microsoft's worker refuses list[...]

import azure.durable_functions as df

expected = df.Blueprint()
Steps = Generator[Any, Any, Any]
_tried: set[str] = set()


class RefusedError(Exception):
    pass


class OverflowingError(Exception):
    pass


class Parcel:
    """A value of a class of the app's own, as the SDK carries it."""

    def __init__(self, name: str, weight: int, content: bytes, away: timedelta) -> None:
        self.name, self.weight, self.content, self.away = name, weight, content, away

    def __repr__(self) -> str:
        return f"<{self.name} {self.weight} {list(self.content)} {self.away}>"

    def to_json(self) -> str:
        return json.dumps([self.name, self.weight, list(self.content), self.away.total_seconds()])

    @staticmethod
    def from_json(text: str) -> "Parcel":
        name, weight, content, seconds = json.loads(text)
        return Parcel(name, weight, bytes(content), timedelta(seconds=seconds))


@expected.activity_trigger(input_name="words")
def said(words: str) -> str:
    return words


@expected.orchestration_trigger(context_name="context")
def told(context: df.DurableOrchestrationContext) -> Steps:
    """Call activities one by one; return at the end whether it was replaying between them."""
    replaying, answers = [context.is_replaying], []
    for words in context.get_input():
        answers.append((yield context.call_activity("said", words)))
        replaying.append(context.is_replaying)
    return {"replaying": replaying, "answers": answers}


@expected.orchestration_trigger(context_name="context")
def told_around_a_fan_out(context: df.DurableOrchestrationContext) -> Steps:
    before = context.is_replaying
    answers = yield context.task_all([context.call_activity("said", words) for words in context.get_input()])
    return [before, answers, context.is_replaying]


@expected.orchestration_trigger(context_name="context")
def logs_unless_it_replays(context: df.DurableOrchestrationContext) -> Steps:
    lines = 0
    for place in ("before", "after"):
        if not context.is_replaying:
            logging.getLogger("expected").info("live %s in %s", place, context.instance_id)
            lines += 1
        if place == "before":
            yield context.call_activity("said", "a word")
    return lines


def _fail_once(key: str) -> None:
    if key not in _tried:
        _tried.add(key)
        raise RefusedError("the first time it fails\r\nmore about it") from OverflowingError("deep inside")


@expected.activity_trigger(input_name="key")
def fails_once(key: str) -> str:
    _fail_once(key)
    return "the second time"


@expected.entity_trigger(context_name="context")
def unsteady(context: df.DurableEntityContext) -> None:
    _fail_once(f"entity {context.get_input()}")
    context.set_result("the second time")


@expected.orchestration_trigger(context_name="context")
def handles_failures(context: df.DurableOrchestrationContext) -> Steps:
    """Call an activity or an entity that fails once: let it fail, catch it, or try again."""
    what, how = context.get_input()
    key = context.instance_id

    def call() -> Any:
        if what == "entity":
            return context.call_entity(df.EntityId("unsteady", "one"), "get", key)
        return context.call_activity("fails_once", key)

    if how == "policy":
        return (yield context.call_activity_with_retry("fails_once", df.RetryOptions(50, 3), key))
    try:
        return (yield call())
    except Exception as error:
        if how == "nothing":
            raise
        if how == "caught":
            return f"caught: {error}"
    return (yield call())


@expected.activity_trigger(input_name="given")
def kind_of(given: Any) -> str:
    return f"{type(given).__name__} {given}"


@expected.activity_trigger(input_name="given")
def parcel(given: Parcel) -> str:
    return f"{type(given).__name__} {type(given.content).__name__} {given}"


@expected.activity_trigger(input_name="given")
def parcels(given: List[Parcel]) -> str:  # noqa: UP006 - the same
    return " ".join(type(one).__name__ for one in given)


@expected.orchestration_trigger(context_name="context")
def sends_inputs(context: df.DurableOrchestrationContext) -> Steps:
    one = Parcel("one", 25, bytes([1, 2, 3]), timedelta(hours=1))
    other = Parcel("other", 30, b"", timedelta(minutes=45))
    answers = []
    for name, given in [
        ("kind_of", [1, 2, 3, 4, 5]),
        ("kind_of", []),
        ("kind_of", 42),
        ("kind_of", "a text"),
        ("parcel", one),
        ("parcels", [one, other]),
    ]:
        answers.append((yield context.call_activity(name, given)))
    return answers


@expected.orchestration_trigger(context_name="context")
def waits_for_nothing(context: df.DurableOrchestrationContext) -> str:
    context.wait_for_external_event("Approval")
    return "finished"


@expected.orchestration_trigger(context_name="context")
def has_a_deadline(context: df.DurableOrchestrationContext) -> Steps:
    given = context.get_input()
    work = context.call_activity("sleeps", given["work"])
    deadline = context.create_timer(context.current_utc_datetime + timedelta(seconds=given["deadline"]))
    winner = yield context.task_any([work, deadline])
    if winner == work:
        deadline.cancel()
        return work.result
    return "too late"


@expected.orchestration_trigger(context_name="context")
def answers_at_length(context: df.DurableOrchestrationContext) -> Steps:
    size = context.get_input()
    word = yield context.call_activity("said", "begin")
    return [word, "A" * size]


@expected.orchestration_trigger(context_name="context")
def begins_later(context: df.DurableOrchestrationContext) -> Steps:
    begins = datetime.fromisoformat(context.get_input())
    if begins > context.current_utc_datetime:
        yield context.create_timer(begins)
    return (context.current_utc_datetime >= begins, (yield context.call_activity("said", "hello")))


@expected.orchestration_trigger(context_name="context")
def keeps_a_note(context: df.DurableOrchestrationContext) -> Steps:
    note = df.EntityId("note", context.instance_id)
    yield context.call_entity(note, "write", 42)
    return (yield context.call_entity(note, "read"))


@expected.entity_trigger(context_name="context")
def note(context: df.DurableEntityContext) -> None:
    if context.operation_name == "write":
        context.set_state({"written": f"number {context.get_input()}"})
    else:
        context.set_result(context.get_state()["written"])
