"""Requests that pages make: for assets at a first visit, and at the next one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter, Visit
from tests.browser.pages import lists
from tests.e2e.office import Office

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

ASSETS = 14
"""Requests for assets that a first visit may make; a deployed portal makes one more, for the sign-in with Entra ID."""


class Wire:
    """The requests of a tab that reach the service: what the browser's cache answers is none."""

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
