"""The log: one line for each invocation, in columns; colours only for a terminal; JSON for machines."""

import io
import json
import logging
import re
from collections.abc import Callable

import pytest
from functions_host.log_format import InvocationRecord, LineFormatter, wants_color
from host_testing.running import RunningHost, until

ESCAPE = "\x1b["


def record(level: int, text: str, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("host", level, "", 0, text, None, None)
    vars(made).update(extra)
    return made


def invocation(name: str, outcome: str, ms: int, level: int = logging.INFO) -> logging.LogRecord:
    return record(level, "GET /api/hello", kind="http", invocation=InvocationRecord(name, outcome, ms))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_invocations_are_aligned_in_columns() -> None:
    lines = LineFormatter(color=False)
    short = lines.format(invocation("hello", "200", 3))
    long = lines.format(invocation("a_much_longer_name", "failed", 12345, logging.ERROR))
    assert re.search(r"http +hello +200 +3 ms  GET /api/hello$", short)
    assert short.index(" ms ") == long.index(" ms ")


@pytest.mark.parametrize(("level", "color"), [(logging.INFO, "32"), (logging.WARNING, "33"), (logging.ERROR, "31")])
def test_the_outcome_is_colored(level: int, color: str) -> None:
    line = LineFormatter(color=True).format(invocation("hello", "ended", 3, level))
    assert f"{ESCAPE}{color}m ended" in line
    assert (
        re.sub(r"\x1b\[\d+m", "", line)[14:]
        == LineFormatter(color=False).format(invocation("hello", "ended", 3, level))[14:]
    )


@pytest.mark.parametrize(
    ("stream", "environ", "expected"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_only_a_terminal_without_no_color_gets_colors(
    stream: io.StringIO, environ: dict[str, str], *, expected: bool
) -> None:
    assert wants_color(stream, environ) == expected


def test_json_has_an_object_for_each_line(fresh_host: Callable[..., RunningHost]) -> None:
    host = fresh_host("--json", "--verbose")
    host.call("GET", "/api/hello")
    host.call("GET", "/api/boom%0Afake")
    one = host.begin("one_step", 3)
    host.ended(one)
    assert host.stop() == 0
    lines = [json.loads(line) for line in host.log.read_text().splitlines()]
    (hello,) = [line for line in lines if line.get("function") == "hello"]
    assert (hello["kind"], hello["outcome"], hello["text"]) == ("http", "200", "GET /api/hello")
    assert [line["outcome"] for line in lines if line.get("function") == "square"] == ["ok"]
    assert [line["text"] for line in lines if line["text"].startswith(one)] == [f"{one} started", f"{one} completed"]


def test_a_log_without_a_terminal_has_no_escapes(host: RunningHost) -> None:
    host.call("GET", "/api/hello")
    until(lambda: re.search(r"http +hello +200", host.log.read_text()))
    assert ESCAPE not in host.log.read_text()
