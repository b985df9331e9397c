"""The pages at ``/runtime/instances``: what they show, and what they hide."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp.test_utils import make_mocked_request
from functions_host.http.builtin_routes import BuiltinRoutes
from functions_host.pages.formatting import length
from host_testing.running import HttpResponse, RunningHost, until

HOME = "/runtime/instances"
EVIL = "<script>alert('x')</script>"
VOID = {"meta", "input", "rect"}


class Reader(HTMLParser):
    """Parses a page: elements are closed in order; keeps its text, its links, the classes of its bars."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self.bars: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "a":
            self.links.append(attributes["href"] or "")
        if tag == "rect":
            self.bars.append(attributes["class"] or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def read(answer: HttpResponse) -> Reader:
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    return Reader(answer.text)


@pytest.fixture(scope="module")
def showing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """Start a host that shows inputs and outputs."""
    folder = tmp_path_factory.mktemp("showing")
    running = RunningHost(folder / "state.db", folder / "log", arguments=["--show-payloads"]).start()
    yield running
    assert running.stop() == 0


def look(host: RunningHost, path: str = "") -> Reader:
    return read(host.call("GET", HOME + path, headers={"x-functions-key": host.key}))


class Reached:
    """Stands for each part of the host that answers."""

    async def answer(self, *_: object, **__: object) -> str:
        return "reached"

    def accept(self, *_: object) -> bool:
        return True


@pytest.mark.parametrize("path", [HOME, "/admin/host/status", "/runtime/webhooks/durabletask/instances"])
@pytest.mark.parametrize(
    ("name", "auth", "reached"),
    [
        ("evil.example", False, False),
        ("127.0.0.1:7071", False, True),
        ("localhost", False, True),
        ("x.example", True, True),
    ],
)
async def test_without_keys_a_page_of_another_origin_does_not_reach_the_host(
    path: str, name: str, *, auth: bool, reached: bool
) -> None:
    part: Any = Reached()
    builtin = BuiltinRoutes(part, part, part, part, auth=auth)
    request = make_mocked_request("GET", path, headers={"Host": name})
    answer: Any = await builtin.answer(request, path.strip("/").split("/"))
    assert answer == "reached" if reached else answer.status == 403


def test_the_list_shows_instances_with_their_status_and_links_to_each(host: RunningHost) -> None:
    one = host.begin("one_step", 3, "shown-one")
    host.ended(one)
    page = look(host, "?prefix=shown-")
    assert f"{HOME}/shown-one" in page.links
    assert "shown-one one_step Completed" in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=Failed", {"chosen-bad"}),
        ("status=Completed", {"chosen-good"}),
        ("name=ONE_STEP", {"chosen-good"}),
        ("prefix=chosen-b", {"chosen-bad"}),
        ("prefix=nothing-", set()),
        ("status=Nonsense&after=odd", {"chosen-good", "chosen-bad"}),
    ],
)
def test_instances_are_filtered_by_status_name_and_prefix(host: RunningHost, query: str, found: set[str]) -> None:
    if host.manage("GET", "/instances/chosen-bad").status == 404:
        host.begin("one_step", 3, "chosen-good")
        host.begin("raises_after", None, "chosen-bad")
        host.ended("chosen-good")
        host.ended("chosen-bad")
    words = look(host, f"?{query}" + ("" if "prefix" in query else "&prefix=chosen-")).text
    assert {one for one in ("chosen-good", "chosen-bad") if one in words} == found


def test_older_instances_are_on_the_next_page(host: RunningHost) -> None:
    ids = [host.begin("one_step", 1, f"page-{number:02}") for number in range(55)]
    first = look(host, "?prefix=page-")
    (older,) = [link for link in first.links if "after=" in link]
    second = look(host, older)
    shown = [link.rpartition("/")[2] for page in (first, second) for link in page.links if f"{HOME}/page-" in link]
    assert shown == list(reversed(ids))
    assert [link for link in second.links if "after=" in link] == []


def test_a_timeline_has_a_bar_for_each_step_in_its_color(host: RunningHost) -> None:
    one = host.begin("one_fails", 0.01)
    host.ended(one)
    page = look(host, f"/{one}")
    assert "5 steps" in page.text
    assert sorted(page.bars) == ["bad", "good", "good", "good", "good", "plain"]
    assert "Activity function 'fails' failed" in page.text


def test_a_timeline_links_to_children_and_back(host: RunningHost) -> None:
    one = host.begin("parent", {"child": "one_step", "input": 3})
    host.ended(one)
    (child,) = [link for link in look(host, f"/{one}").links if link != HOME]
    assert f"{HOME}/{one}" in look(host, child.removeprefix(HOME)).links


def test_an_open_task_is_shown_as_open(host: RunningHost) -> None:
    one = host.begin("waits", ["never"])
    until(lambda: host.status(one)["runtimeStatus"] == "Running")
    page = look(host, f"/{one}")
    assert "Running" in page.text
    assert "busy" in page.bars
    host.manage("POST", f"/instances/{one}/terminate")


def test_inputs_and_outputs_are_hidden_unless_the_host_may_show_them(host: RunningHost, showing: RunningHost) -> None:
    for one in (host, showing):
        one.begin("given_back", {"secret": "hunter4"}, "private")
        one.ended("private")
    assert "hunter4" not in look(host, "/private").text
    assert "hidden" in look(host, "/private").text
    assert look(showing, "/private").text.count("hunter4") == 2


def test_texts_of_the_app_are_escaped(showing: RunningHost) -> None:
    host = showing
    host.ended(host.begin("given_back", {"said": EVIL}, "evil"))
    host.ended(host.begin("raises_after", EVIL, "worse"))
    for path in ("/evil", f"/{EVIL}", f"?prefix={EVIL}&name={EVIL}"):
        assert EVIL not in host.call("GET", HOME + path.replace(" ", "%20")).text
    assert EVIL in look(host, "/evil").text


def test_without_the_key_there_is_only_a_form(host: RunningHost) -> None:
    host.ended(host.begin("one_step", 3, "locked-away"))
    for path in (HOME, f"{HOME}/locked-away", f"{HOME}?code=wrong"):
        answer = host.call("GET", path)
        assert (answer.status, "locked-away" in answer.text, 'id="live"' in answer.text) == (401, False, False)


def test_a_key_in_the_address_goes_into_a_cookie_of_these_pages(host: RunningHost) -> None:
    connection = HTTPConnection(urlsplit(host.url).netloc, timeout=30)
    connection.request("GET", f"{HOME}?prefix=x&code={host.key}")
    answer = connection.getresponse()
    answer.read()
    cookie = answer.headers["Set-Cookie"]
    assert (answer.status, answer.headers["Location"]) == (303, f"{HOME}?prefix=x")
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", f"Path={HOME}"))
    connection.close()
    assert host.call("GET", HOME, headers={"Cookie": cookie.partition(";")[0]}).status == 200
    assert host.call("GET", "/api/locked", headers={"Cookie": cookie.partition(";")[0]}).status == 401


def test_the_pages_load_nothing_and_change_nothing(host: RunningHost) -> None:
    headers = host.call("GET", HOME).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert host.call("POST", HOME, {}, headers={"x-functions-key": host.key}).status == 404


def test_an_unknown_instance_is_404(host: RunningHost) -> None:
    answer = host.call("GET", f"{HOME}/nobody", headers={"x-functions-key": host.key})
    assert answer.status == 404
    assert "There is no instance nobody" in read(answer).text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 ms"),
        (0.25, "250 ms"),
        (11.7, "11.7 s"),
        (60, "1 min"),
        (112, "1 min 52 s"),
        (3700, "1 h 1 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float, words: str) -> None:
    assert length(int(seconds * 1_000_000)) == words
