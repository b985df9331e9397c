"""A small app that returns and sets whatever a function may, and what it may not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


class Coded:
    """A class of the app's own that tells how it is written."""

    def __init__(self, n: int) -> None:
        self.n = n

    @staticmethod
    def to_json(one: Coded) -> dict[str, int]:
        return {"n": one.n}

    @staticmethod
    def from_json(given: dict[str, int]) -> Coded:
        return Coded(given["n"])


def _with_cookie() -> func.HttpResponse:
    jar = SimpleCookie()
    jar["a"] = "1"
    jar["a"]["path"] = "/x"
    jar["a"]["max-age"] = 60
    response = func.HttpResponse("cookie", status_code=203, headers={"X-One": "1", "x-two": "é"})
    response.headers.add("Set-Cookie", "b=2; Path=/")
    return response


VALUES: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "text": lambda: "tëxt ✓",
    "JSON text": lambda: '{"a": 1}',
    "number": lambda: 3,
    "fraction": lambda: 1e-7,
    "true": lambda: True,
    "dict": lambda: {"b": 1, "a": [None, "ü"]},
    "list": lambda: [1, "a"],
    "tuple": lambda: (1, 2),
    "bytes": lambda: b"\xff",
    "not a number": lambda: float("nan"),
    "a moment": lambda: datetime(2026, 11, 21, tzinfo=UTC),
    "set": lambda: {1},
    "object": object,
    "coded": lambda: Coded(4),
    "response": lambda: func.HttpResponse("b\xe4", status_code=418, mimetype="text/csv", charset="latin-1"),
    "response of bytes": lambda: func.HttpResponse(b"\x00\xff", headers={"Content-Type": "application/zip"}),
    "response of nothing": lambda: func.HttpResponse(status_code=204),
    "response with a cookie": _with_cookie,
    "message": lambda: func.QueueMessage(body="m"),
    "texts": lambda: ["a", "b"],
}


@app.activity_trigger(input_name="name")
def gives(name: str) -> object:
    return VALUES[name]()


@app.activity_trigger(input_name="given")
async def back(given: object) -> str:
    return repr(given)


@app.route(route="answers/{name}")
async def answers(req: func.HttpRequest) -> func.HttpResponse:
    answer: func.HttpResponse = VALUES[req.route_params["name"]]()
    return answer


@app.timer_trigger(arg_name="timer", schedule="0 0 0 * * *")
def returns(timer: func.TimerRequest) -> object:
    return VALUES["number"]() if timer.past_due else None


@app.queue_trigger(arg_name="msg", queue_name="in", connection="C")
@app.queue_output(arg_name="out", queue_name="out", connection="C")
async def sends(msg: func.QueueMessage, out: func.Out[str]) -> None:
    out.set(VALUES[msg.get_body().decode()]())


@app.queue_trigger(arg_name="msg", queue_name="in", connection="C")
async def tells(msg: func.QueueMessage, context: func.Context) -> None:
    told = [msg.id, msg.dequeue_count, msg.insertion_time, msg.expiration_time, msg.time_next_visible, msg.pop_receipt]
    raise RuntimeError(repr([*told, msg.get_body(), context.function_name, context.invocation_id]))
