"""Any annotation in any place is read, or refused, alike by Microsoft's worker and by ours."""

from pathlib import Path

import pytest

from tests.worker.workers import Workers

_HEAD = """\
from typing import *
import azure.durable_functions as df
import azure.functions as func
app = df.DFApp()
T = TypeVar("T")
class Own: ...
class OwnText(str): ...
class Of(Generic[T]): ...
class Shape(TypedDict):
    a: int
Id = NewType("Id", int)
"""
NOTES = [
    "str", "bytes", "bytearray", "int", "dict", "object", "None", "Any", "Own", "OwnText", "Shape", "Id", "T", '"str"',
    "Of", "Of[int]", "List", "List[str]", "list[str]", "List[func.QueueMessage]", "Dict[str, int]",
    "Tuple[str]", "tuple[str]", "Iterable[str]", "Callable[[int], int]", "Type[int]", "Literal['a']",
    "Annotated[str, 'x']", "Optional[str]", "Union[str, bytes]", "str | None", "func.HttpRequest",
    "func.HttpResponse", "func.QueueMessage", "func.TimerRequest", "func.Out[str]", "df.DurableOrchestrationClient",
    "func.Context",
]  # fmt: skip
_OUT = '@app.timer_trigger("t", "0 0 0 * * *")\n@app.queue_output("out", "q", "C")\n'
PLACES = {
    "an activity's payload": '@app.activity_trigger("payload")\ndef f(payload: {}): ...',
    "what an activity returns": '@app.activity_trigger("payload")\ndef f(payload) -> {}: ...',
    "a queue's message": '@app.queue_trigger("msg", "q", "C")\ndef f(msg: {}): ...',
    "a timer": '@app.timer_trigger("t", "0 0 0 * * *")\ndef f(t: {}): ...',
    "a request": '@app.route("x")\ndef f(req: {}): ...',
    "what a route returns": '@app.route("x")\ndef f(req) -> {}: ...',
    "an output": _OUT + "def f(t, out: func.Out[{}]): ...",
    "an output without Out": _OUT + "def f(t, out: {}): ...",
    "the invocation's context": '@app.activity_trigger("payload")\ndef f(payload, context: {}): ...',
}


@pytest.mark.parametrize("place", PLACES)
def test_both_check_every_annotation_alike(any_app: Workers, tmp_path: Path, place: str) -> None:
    loaded = {}
    for n, note in enumerate(NOTES):
        script = f"notes_{abs(hash(place))}_{n}.py"
        (tmp_path / script).write_text(_HEAD + PLACES[place].format(note) + "\n")
        loaded[note] = ["refused" not in reply for reply in any_app.index(tmp_path, script)]
    assert {note: both for note, both in loaded.items() if both[0] != both[1]} == {}
    assert [True, True] in loaded.values()
