"""Requests that pages make: for assets at a first visit, and at the next one; to the API while they are open."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Request, expect

from local.stack import Stack
from tests.browser.conftest import Enter, Visit
from tests.browser.furnishing import furnish
from tests.browser.pages import addresses, lists
from tests.e2e.office import Office

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

ASSETS = 14
"""Requests for assets that a first visit may make; a deployed portal makes one more, for the sign-in with Entra ID."""

IDLE = 6
"""Requests to the API that a page makes in a minute in which nothing happens."""
MINUTE_MS = 60_000
WATCHED = ("home", "cloud-pcs", "cloud-pcs-id", "spot-groups-id", "operations", "images", "service-my")


class Wire:
    """Requests of a tab that reach the service, and are not answered by the browser's cache."""

    def __init__(self, visit: Visit) -> None:
        self._asked: dict[str, str] = {}
        self._session = visit.page.context.new_cdp_session(visit.page)
        self._session.on("Network.requestWillBeSent", self._note)
        self._session.on("Network.requestServedFromCache", self._spared)
        self._session.on("Network.responseReceived", self._answered)
        self._session.send("Network.enable")

    def forget(self, *, cache: bool = False) -> None:
        """Begin to count again; with *cache* as a browser that was never here."""
        if cache:
            self._session.send("Network.clearBrowserCache")
        self._asked.clear()

    def assets(self) -> list[str]:
        """Return the paths of the assets that were asked for."""
        return sorted(path for path in self._asked.values() if path.startswith("/portal"))

    def _note(self, event: dict[str, Any]) -> None:
        self._asked[event["requestId"]] = urlsplit(event["request"]["url"]).path

    def _answered(self, event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            self._spared(event)

    def _spared(self, event: dict[str, Any]) -> None:
        self._asked.pop(event["requestId"], None)


def visited(visit: Visit, path: str) -> None:
    visit.page.goto(f"{visit.office.stack.addresses.api}/portal{path}")
    expect(visit.page.get_by_role("heading", level=1)).to_have_count(1)
    expect(visit.page.get_by_role("progressbar", name="Loading")).to_have_count(0)
    visit.page.wait_for_load_state("networkidle")


def test_a_first_visit_of_any_page_asks_for_few_assets_and_the_next_one_for_none(enter: Enter, office: Office) -> None:
    visit = enter("provider")
    wire = Wire(visit)
    asked = {}
    for name, path in lists(office).items():
        wire.forget(cache=True)
        visited(visit, path)
        asked[name] = wire.assets()
        assert any("/assets/" in each for each in asked[name]), "nothing was counted"
    assert {name: each for name, each in asked.items() if len(each) > ASSETS} == {}

    wire.forget()
    visit.page.reload()
    expect(visit.page.get_by_role("heading", level=1)).to_have_count(1)
    assert [each for each in wire.assets() if "/assets/" in each] == []


def test_a_page_on_which_nothing_happens_asks_at_most_six_times_a_minute(enter: Enter, stack: Stack) -> None:
    office = furnish(stack, "lagune")
    office.until(lambda: is_quiet(office), says="nothing is written")
    places = addresses(office)
    asked = {}
    with ExitStack() as calm:
        calm.enter_context(stack.at_speed(1.0))  # a real minute is a minute of the service, too
        for name in WATCHED:
            visit = enter("provider", at=office)
            visited(visit, places[name])
            asked[name] = asked_of_api(visit)
        for paths in asked.values():
            paths.clear()
        visit.page.wait_for_timeout(MINUTE_MS)
    assert {name: paths for name, paths in asked.items() if paths.total() > IDLE} == {}
    assert all(paths for name, paths in asked.items() if name != "service-my"), "an open page asks what has changed"


def is_quiet(office: Office) -> bool:
    """Return whether nothing runs, and nothing but the usage has been written for some minutes."""
    if list(office.portal.pages(f"{office.base}/operations?status=running")):
        return False
    before = versions(office)
    office.let_pass(timedelta(minutes=5))
    return versions(office) == before


def versions(office: Office) -> dict[str, str]:
    """Return the versions of all subjects but the usage, which is recorded every five minutes in any case."""
    found: dict[str, str] = office.portal.ask("GET", f"{office.base}/changes").body["versions"]
    return {name: version for name, version in found.items() if name != "usage"}


def asked_of_api(visit: Visit) -> Counter[str]:
    """Count the requests to the API from now on, by path."""
    paths: Counter[str] = Counter()

    def count(request: Request) -> None:
        path = urlsplit(request.url).path
        paths.update([path] if path.startswith("/api/") else [])

    visit.page.on("request", count)
    return paths


def test_what_somebody_else_changes_is_shown_soon_and_costs_few_requests(enter: Enter, office: Office) -> None:
    visit = enter("reader")
    pc = next(pc for pc in office.cloud_pcs() if pc["status"] == "provisioned")
    visited(visit, f"/t/{office.name}/cloud-pcs/{pc['id']}")
    asked = asked_of_api(visit)
    office.act(pc, "rename", {"displayName": "Renamed elsewhere"})
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Renamed elsewhere")
    changes = f"/api/tenants/{office.name}/changes"
    assert asked[changes] > 0
    assert not [path for path in asked if pc["id"] not in path and path != changes], "only that page is read again"
