"""Journeys with the keyboard alone; each step is what a screen reader is told: the role and the name of the focus."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.e2e.office import Office

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

_MOST = 90
"""Most presses of Tab before a control is reached."""
MADE: Mapping[str, tuple[str, Sequence[tuple[str, str, str]]]] = {
    "Budgets": (
        "Create a budget",
        (("textbox", "Name", "All desks by keys"), ("spinbutton", "Amount of a month", "5000")),
    ),
    "Maintenance windows": ("Create a maintenance window", (("textbox", "Name", "Nights by keys"),)),
}
"""Place of the navigation -> the button that makes something there, and what is typed: role, name, text."""


def told(page: Page) -> str:
    """Return the role and the name of the focus in the tree of accessibility."""
    return page.locator(":focus").aria_snapshot().splitlines()[0]


def tab_to(page: Page, role: str, name: str) -> None:
    """Press Tab until the focus is on the element of that role and name; fail if a whole round does not meet it."""
    wanted = re.compile(rf"^- {role} \"{re.escape(name)}")
    met = []
    for _ in range(_MOST):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            continue  # the end of the page: the address of the browser is next
        met.append(told(page))
        if wanted.match(met[-1]):
            return
    pytest.fail(f"Tab does not come to the {role} {name!r}, but to {met}")


def go_to(page: Page, place: str) -> None:
    """Go to a page by its name, with Ctrl+K."""
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type(place)
    expect(page.get_by_role("option", name=place).first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=place)).to_be_visible()


@pytest.mark.parametrize("place", MADE)
def test_something_is_made_and_found_with_the_keyboard_alone(enter: Enter, office: Office, place: str) -> None:
    button, fields = MADE[place]
    visit = enter("administrator", at=office)
    page = visit.go()
    go_to(page, place)
    tab_to(page, "button", button)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name=button)).to_be_visible()
    for role, name, text in fields:
        tab_to(page, role, name)
        page.keyboard.type(text)
    tab_to(page, "button", button)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("cell", name=fields[0][2]).first).to_be_visible()
    assert visit.barriers() == []


def test_a_cloud_pc_is_found_and_restarted_with_the_keyboard_alone(enter: Enter, office: Office) -> None:
    pc = next(pc for pc in office.cloud_pcs() if pc["status"] == "provisioned")
    visit = enter("operator", at=office)
    page = visit.go()
    go_to(page, "Cloud PCs")
    expect(page.get_by_role("link", name=pc["displayName"])).to_be_visible()
    tab_to(page, "link", pc["displayName"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=pc["displayName"])).to_be_visible()
    expect(page.get_by_role("button", name="Restart", exact=True)).to_be_enabled()
    tab_to(page, "button", "Restart")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog").or_(page.get_by_role("alertdialog"))
    expect(dialog).to_be_visible()
    tab_to(page, "button", "Restart")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    office.until(lambda: "Restart" in page.get_by_role("main").inner_text(), says="the restart is shown")
