"""Our host refuses and loads the same apps as Microsoft's worker, with four exceptions."""

from pathlib import Path

import pytest

from tests.worker.workers import Workers

_HEAD = """\
import functools
from typing import *
import azure.durable_functions as df
import azure.functions as func
app = df.DFApp()
"""
_ACTIVITY = '@app.activity_trigger(input_name="payload")\n'
_STORY = '@app.orchestration_trigger(context_name="context")\n'
_TIMER = '@app.timer_trigger(arg_name="t", schedule="0 0 0 * * *")\n'
_QUEUE = '@app.queue_trigger(arg_name="msg", queue_name="q", connection="C")\n'
_OUT = _TIMER + '@app.queue_output(arg_name="out", queue_name="q", connection="C")\n'
_CLIENT = _TIMER + '@app.durable_client_input(client_name="c")\n'
_ROUTE = '@app.route(route="x")\n'

LOADED = {
    "a payload of type dict": _ACTIVITY + "def f(payload: dict) -> int: ...",
    "a payload of type Any": _ACTIVITY + "def f(payload: Any): ...",
    "a payload of type object": _ACTIVITY + "def f(payload: object): ...",
    "a payload of typing's Dict": _ACTIVITY + "def f(payload: Dict[str, int]): ...",
    "a payload of a Literal": _ACTIVITY + 'def f(payload: Literal["a"]): ...',
    "a payload of the app's own class": "class K: ...\n" + _ACTIVITY + "def f(payload: K): ...",
    "a payload whose type is a string": _ACTIVITY + 'def f(payload: "dict"): ...',
    "a payload without a type": _ACTIVITY + "def f(payload): ...",
    "any return type of an activity": _ACTIVITY + "def f(payload: str) -> dict[str, Any]: ...",
    "an orchestrator with its context": _STORY + "def f(context: df.DurableOrchestrationContext): yield",
    "an orchestrator whose second parameter the SDK hides": _STORY + "def f(context, more): yield",
    "an entity": '@app.entity_trigger(context_name="context")\ndef f(context): ...',
    "a timer that wants the invocation's context": _TIMER + "def f(t: func.TimerRequest, context: func.Context): ...",
    "a timer as text": _TIMER + "def f(t: str): ...",
    "a route": _ROUTE + "def f(req: func.HttpRequest) -> func.HttpResponse: ...",
    "a route that returns text": _ROUTE + "def f(req: func.HttpRequest) -> str: ...",
    "a queue message": _QUEUE + "def f(msg: func.QueueMessage): ...",
    "a queue message as text": _QUEUE + "def f(msg: str): ...",
    "a queue message as bytes": _QUEUE + "def f(msg: bytes): ...",
    "an output": _OUT + "def f(t: func.TimerRequest, out: func.Out[str]): ...",
    "an output of typing's List": _OUT + "def f(t: func.TimerRequest, out: func.Out[List[str]]): ...",
    "an output of messages": _OUT + "def f(t: func.TimerRequest, out: func.Out[func.QueueMessage]): ...",
    "a durable client": _CLIENT + "async def f(t: func.TimerRequest, c: df.DurableOrchestrationClient): ...",
    "a blueprint beside the app": "more = df.Blueprint()\n" + _ACTIVITY + "def f(payload): ...",
}
REFUSED = {
    "an orchestrator's context of another name": ('@app.orchestration_trigger(context_name="ctx")\ndef f(ctx): yield'),
    "an entity's context of another name": '@app.entity_trigger(context_name="c")\ndef f(c): ...',
    "a payload of dict[str, Any]": _ACTIVITY + "def f(payload: dict[str, Any]): ...",
    "a payload of list[int]": _ACTIVITY + "def f(payload: list[int]): ...",
    "a payload of dict | None": _ACTIVITY + "def f(payload: dict | None): ...",
    "a payload of Optional[dict]": _ACTIVITY + "def f(payload: Optional[dict]): ...",
    "a payload of a type variable": 'K = TypeVar("K")\n' + _ACTIVITY + "def f(payload: K): ...",
    "a type that is nowhere": _ACTIVITY + 'def f(payload: "Nope"): ...',
    "functools.wraps over other parameters": (
        f"def inner(payload, more): ...\n{_ACTIVITY}@functools.wraps(inner)\ndef f(payload): ..."
    ),
    "a parameter too many": _ACTIVITY + "def f(payload, more): ...",
    "a parameter too many with a default": _ACTIVITY + "def f(payload, more=1): ...",
    "keyword arguments": _ACTIVITY + "def f(payload, **more): ...",
    "a parameter too few": _ACTIVITY + "def f(): ...",
    "a parameter of another name": _ACTIVITY + "def f(given): ...",
    "a client that is no parameter": _CLIENT + "async def f(t: func.TimerRequest): ...",
    "a context of another type": _TIMER + "def f(t, context: int): ...",
    "a timer as a number": _TIMER + "def f(t: int): ...",
    "an Out for what comes in": _TIMER + "def f(t: func.Out[str]): ...",
    "a request as a number": _ROUTE + "def f(req: int) -> str: ...",
    "a route that returns a number": _ROUTE + "def f(req: func.HttpRequest) -> int: ...",
    "a route that returns a dict": _ROUTE + "def f(req: func.HttpRequest) -> dict: ...",
    "a route that returns None": _ROUTE + "def f(req: func.HttpRequest) -> None: ...",
    "a route that returns text or None": _ROUTE + "def f(req: func.HttpRequest) -> Optional[str]: ...",
    "a route that returns list[int]": _ROUTE + "def f(req: func.HttpRequest) -> list[int]: ...",
    "a queue message as a dict": _QUEUE + "def f(msg: dict): ...",
    "a queue message of typing's List": _QUEUE + "def f(msg: List[str]): ...",
    "an output of a number": _OUT + "def f(t: func.TimerRequest, out: func.Out[int]): ...",
    "an output of list[str]": _OUT + "def f(t: func.TimerRequest, out: func.Out[list[str]]): ...",
    "an output of no type": _OUT + "def f(t: func.TimerRequest, out: func.Out): ...",
    "an output that is no Out": _OUT + "def f(t: func.TimerRequest, out: str): ...",
    "two functions of one name": 2 * (_ACTIVITY + "def f(payload): ...\n"),
    "two triggers": _TIMER + _ROUTE + "def f(t, req): ...",
    "no trigger": '@app.function_name("x")\ndef f(): ...',
    "two apps": "more = func.FunctionApp()",
    "one app under two names": "more = app\n" + _ACTIVITY + "def f(payload): ...",
    "no app": "del app",
    "a syntax error": "def",
    "a module that is not there": "import nothere",
}
# The worker loads these; on Azure, other parts of the Functions host handle or ignore them.
REFUSED_ONLY_BY_OURS = {
    "no function at all (Azure starts, and does nothing)": "",
    "a name that Azure's host refuses": '@app.function_name("bad name!")\n' + _TIMER + "def f(t): ...",
    "a binding that the host does not support": (
        '@app.blob_trigger(arg_name="b", path="x/y", connection="C")\ndef f(b: func.InputStream): ...'
    ),
    "two durable names that differ in case only": _ACTIVITY
    + "def f(payload): ...\n"
    + _ACTIVITY
    + "def F(payload): ...",
}


@pytest.fixture
def refusals(any_app: Workers, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[str | None, str | None]:
    """Let both read an app of a few lines: (why theirs refuses, why ours does)."""
    script = f"app_{abs(hash(request.node.name))}.py"
    (tmp_path / script).write_text(_HEAD + request.param + "\n")
    theirs, ours = any_app.index(tmp_path, script)
    return theirs.get("refused"), ours.get("refused")


def _each(cases: dict[str, str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("refusals", list(cases.values()), ids=list(cases), indirect=True)


@_each(LOADED)
def test_both_load(refusals: tuple[str | None, str | None]) -> None:
    assert refusals == (None, None)


@_each(REFUSED)
def test_both_refuse(refusals: tuple[str | None, str | None]) -> None:
    assert None not in refusals, refusals


@_each(REFUSED_ONLY_BY_OURS)
def test_only_ours_refuses(refusals: tuple[str | None, str | None]) -> None:
    theirs, ours = refusals
    assert theirs is None
    assert ours is not None
