"""Every page in every state: full, empty, gone, without the service, for readers and for people without a right."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from local.stack import Stack
from tests.browser.conftest import WIDTHS, Enter, Visit
from tests.browser.furnishing import furnish
from tests.browser.pages import addresses, gone, lists, routes
from tests.browser.pictures import NAMES
from tests.e2e.office import Office
from tests.e2e.test_many_tenants import Customer

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

DOCS = Path(__file__).resolve().parents[2] / "docs"
REFUSED = "Failed to load resource"
"""Message that a browser itself writes to its console about an error response."""
LAYOUTS = {**WIDTHS, "200 %": WIDTHS["wide"] // 2}
"""Widths in CSS pixels: at 200 % a wide window has half as many."""
Look = tuple[str, Literal["light", "dark"]]
TWO_LOOKS: Sequence[Look] = (("wide", "light"), ("narrow", "dark"))
EVERY_LOOK: Sequence[Look] = (*TWO_LOOKS, ("wide", "dark"), ("narrow", "light"), ("200 %", "light"))
_MACHINE_TEXT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d\S*|\{\"\S*|\[object \w+\]|\b(?:undefined|null|NaN|Invalid Date)\b"
)
_AT_ONCE = """
(() => {
  const wait = window.setTimeout;
  window.setTimeout = (work, pause, ...more) => wait(work, pause >= 1000 && pause <= 4000 ? 0 : pause, ...more);
})();
"""
"""Shortens the pauses before a question is asked again, and nothing else."""
NOT_FOR_READERS = frozenset(
    {
        "tenant-health",
        "service-tenants",
        "service-tenants-new",
        "service-audit",
        "service-service-health",
        "readiness",
        "leaving",
    }
)


@pytest.fixture(scope="module")
def marina(stack: Stack) -> Office:
    """A tenant with something on every page."""
    return furnish(stack, "marina")


@pytest.fixture(scope="module")
def desert(stack: Stack) -> Office:
    """A tenant with nothing in it, in a directory in which nobody has a licence."""
    directory = str(uuid.uuid5(uuid.NAMESPACE_DNS, "desert.directory"))
    return Customer(stack, stack.portal(), "desert", directory).open()


def come(visit: Visit, address: str) -> Page:
    """Open a page and wait until everything in it has come."""
    visit.page.goto(f"{visit.office.stack.addresses.api}/portal{address}")
    expect(visit.page.get_by_role("banner")).to_be_visible()
    expect(visit.page.get_by_role("progressbar", name="Loading")).to_have_count(0)
    visit.page.wait_for_load_state("networkidle")
    return visit.page


def look(visit: Visit, places: Mapping[str, str], state: str, shows: Callable[[Page], Locator]) -> dict[str, list[str]]:
    """Open pages, expect the element that *shows* finds on each, and return the faults by the name of the page."""
    found = {}
    for name, address in places.items():
        page = come(visit, address)
        expect(shows(page).first, f"{state}: {name}").to_be_visible()
        expect(page.get_by_role("heading", level=1), f"{state}: {name}").to_have_count(1)
        if shows is title:
            expect(alert(page), f"{state}: {name}").to_have_count(0)
        found[name] = machine_texts(page)
        found[name] += faults(visit, f"{name}-{state}", EVERY_LOOK if state == "full" else TWO_LOOKS)
        found[name] += visit.hidden_stops() if state == "full" else []
    return {name: each for name, each in found.items() if each}


def machine_texts(page: Page) -> list[str]:
    """Return texts of a page in machine format: moments, JSON, missing values."""
    return _MACHINE_TEXT.findall(page.get_by_role("main").inner_text())


def faults(visit: Visit, name: str, looks: Sequence[Look]) -> list[str]:
    """Look at a page in some widths and colours; return its faults."""
    found = []
    for width_name, scheme in looks:
        width = LAYOUTS[width_name]
        visit.page.set_viewport_size({"width": width, "height": 800})
        visit.page.emulate_media(color_scheme=scheme)
        visit.picture(f"{name}-{width_name.removesuffix(' %')}-{scheme}")
        found += [f"{width_name}, {scheme}: {each}" for each in visit.barriers()]
        across = visit.page.evaluate("document.documentElement.scrollWidth")
        found += [f"{width_name}: {across} pixels across"] if across > width else []
    visit.page.set_viewport_size({"width": WIDTHS["wide"], "height": 800})
    return found


def title(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def alert(page: Page) -> Locator:
    return page.get_by_role("alert")


def test_every_page_that_is_full(enter: Enter, marina: Office) -> None:
    visit = enter("provider", at=marina)
    assert look(visit, addresses(marina), "full", title) == {}


def test_every_page_of_a_tenant_with_nothing_in_it(enter: Enter, desert: Office) -> None:
    visit = enter("provider", at=desert)
    assert look(visit, lists(desert), "empty", title) == {}


def test_every_page_of_a_thing_that_is_gone(enter: Enter, marina: Office) -> None:
    visit = enter("administrator", at=marina)
    visit.allowed = (REFUSED,)
    gone_title = re.compile("does not exist")
    assert look(visit, gone(marina), "gone", lambda page: title(page).filter(has_text=gone_title)) == {}


def test_every_page_while_the_service_is_away(enter: Enter, marina: Office) -> None:
    places = addresses(marina)
    visit = enter("provider", at=marina)
    visit.allowed = (REFUSED,)
    visit.page.route("**/api/**", lambda route: route.abort())
    visit.page.add_init_script(_AT_ONCE)  # a page asks three times more, with seconds in between
    away = "The service cannot be reached"
    assert look(visit, places, "away", lambda page: alert(page).filter(has_text=away)) == {}


def test_every_page_for_somebody_who_may_only_read(enter: Enter, marina: Office) -> None:
    """A page asks for nothing that its reader may not see, except where all of it is for others."""
    visit = enter("reader", at=marina)
    theirs = {name: path for name, path in addresses(marina).items() if name not in NOT_FOR_READERS}
    assert look(visit, theirs, "reader", title) == {}
    assert visit.unexpected() == []

    visit.allowed = (REFUSED,)
    others = {name: path for name, path in addresses(marina).items() if name in NOT_FOR_READERS}
    assert look(visit, others, "no-right", lambda page: alert(page).filter(has_text="needs one of the roles")) == {}


def test_every_page_for_somebody_without_a_role_in_the_tenant(enter: Enter, marina: Office) -> None:
    visit = enter("user01", at=marina)
    visit.allowed = (REFUSED,)
    strange = {name: path for name, path in addresses(marina).items() if path.startswith("/t/")}
    assert look(visit, strange, "outsider", alert) == {}


def test_every_page_has_its_picture_in_the_documentation() -> None:
    text = (DOCS / "portal.md").read_text()
    shown = [NAMES.get(route.name, route.name) for route in routes() if route.path != "wizards/:wizard"]
    assert [name for name in (*shown, "wizard") if f"(pictures/{name}.png)" not in text] == []
