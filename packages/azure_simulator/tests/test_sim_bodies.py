"""Bodies that no caller of `/_sim` should send: each is a 400 with a sentence, on every route that there is."""

import ast
import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from azure_simulator.core.calls import Route
from azure_simulator.core.requests import Request

from packages.azure_simulator.tests.in_process import InProcessCloud, open_cloud

JUNK: tuple[Any, ...] = (None, True, -1, 1e400, "x", [], ["x"], [{}], {}, {"x": []})
WRITES = [each for each in open_cloud().cloud.routes if each.plane == "sim" and each.method != "GET"]
PARAMETER = re.compile(r"\{\w+\}")


def words(route: Route) -> set[str]:
    """Return the names that the handler's module could read from a body: all its texts that are identifiers."""
    handler = inspect.unwrap(route.handler)
    module = sys.modules[getattr(handler, "__module__", "")]
    tree = ast.parse(Path(str(module.__file__)).read_text())
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if text.isidentifier() and len(text) < 25}


def sent(app: InProcessCloud, route: Route, body: Any) -> tuple[int, Any]:
    path = PARAMETER.sub("x", route.template)
    reply = app.cloud.handle(Request(route.method, path, "", {"host": "cloud"}, json.dumps(body).encode()))
    return reply.status, json.loads(reply.body) if reply.body else None


@pytest.mark.parametrize("route", WRITES, ids=[f"{each.method} {each.template}" for each in WRITES])
def test_a_wrong_body_is_a_400_with_a_sentence(route: Route) -> None:
    app = open_cloud()
    names = words(route)
    bodies: list[Any] = [*JUNK, *({name: each} for name in names for each in JUNK)]
    bodies += [dict.fromkeys(names, each) for each in JUNK]
    for body in bodies:
        status, answer = sent(app, route, body)
        assert status < 500, (body, answer)
        if status == 400:
            text = answer["error"]["message"] if "error" in answer else json.dumps(answer)
            assert len(text.split()) >= 3, (body, text)


def test_the_sender_says_what_was_answered() -> None:
    app = open_cloud()
    route = next(each for each in WRITES if each.template == "/_sim/webhooks/answered")
    for body in (
        {},
        {"ids": ["x"]},
        {"ids": 3, "status": 202, "seconds": 0},
        {"ids": ["x"], "status": {}, "seconds": 0},
    ):
        status, answer = sent(app, route, body)
        assert status == 400
        assert answer["error"]["code"] == "BadRequest"
