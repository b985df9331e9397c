"""Forms as people fill them in: what is typed stays, what is wrong is said, nothing is sent twice."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.e2e.office import GALLERY_IMAGE, Office

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

OpenOffice = Callable[..., Office]
NEW_YORK = {"timezone_id": "America/New_York"}


_KEEP_BODIES = """
window.bodies = [];
const sent = window.fetch;
window.fetch = async (...asked) => {
  if (asked[0] instanceof Request) window.bodies.push(await asked[0].clone().text());
  return sent(...asked);
};
"""
"""Keeps the bodies of requests; a browser tells them to nobody else."""


def forward(page: Page, title: str) -> None:
    """Go to the next step of a wizard; its title has the focus then."""
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_focused()


def test_a_field_with_a_text_in_each_line_is_typed_line_by_line(enter: Enter) -> None:
    page = enter("administrator").go("/wizards/create-site")
    page.get_by_role("textbox", name="Id").fill("second")
    page.get_by_role("textbox", name="Name").fill("Second")
    forward(page, "Regions")
    page.get_by_role("textbox", name="Zones").click()
    page.keyboard.type("1\n\n2")
    expect(page.get_by_role("textbox", name="Zones")).to_have_value("1\n\n2")
    page.keyboard.type("\nnorth")
    page.get_by_role("button", name="Next", exact=True).click()
    wrong = page.get_by_role("textbox", name="Zones")
    expect(wrong).to_have_attribute("aria-invalid", "true")  # what is wrong with one line is said of the field


def test_another_image_gets_a_name_of_its_own_and_a_new_version_the_next_number(
    enter: Enter, open_office: OpenOffice
) -> None:
    office = open_office("foundry")
    image = {
        "name": {"displayName": "Company"},
        "site": {"siteId": "main"},
        "version": {"version": "1.0.0"},
        "source": {"galleryImageId": GALLERY_IMAGE},
    }
    office.portal.ask("POST", f"{office.base}/wizards/create-device-image", image)
    page = enter("administrator", at=office).go("/wizards/create-device-image")
    name = page.get_by_label("Name")
    for written, version in (("Company", "1.0.1"), ("Workshop", "1.0.0")):
        name.fill(written)
        forward(page, "Select Site")
        forward(page, "Version")
        expect(page.get_by_role("textbox", name="Version")).to_have_value(version)
        page.get_by_role("button", name="Back", exact=True).click()
        page.get_by_role("button", name="Back", exact=True).click()


def test_a_moment_is_written_in_the_time_zone_of_the_reader(enter: Enter) -> None:
    visit = enter("administrator", **NEW_YORK)
    visit.page.add_init_script(_KEEP_BODIES)
    page = visit.go("/cloud-pcs")
    page.get_by_role("checkbox", name="Select all of Cloud PCs").check()
    page.get_by_role("button", name="Choose an action").click()
    page.get_by_role("menuitem", name="Restore", exact=True).click()
    moment = page.get_by_label("To the restore point nearest to")
    moment.fill("2026-03-10T10:00")
    expect(moment).to_have_value("2026-03-10T10:00")
    expect(page.get_by_text("In your time zone, America/New_York.")).to_be_visible()
    page.get_by_role("button", name="Preview").click()
    page.wait_for_function("() => window.bodies.some((each) => each.includes('\"2026-03-10T14:00:00.000Z\"'))")


def test_what_was_filled_in_survives_a_reload_but_for_passwords(enter: Enter) -> None:
    visit = enter("administrator")
    page = visit.go("/wizards/create-spot-group")
    page.get_by_role("textbox", name="Name", exact=True).fill("Designers")
    page.reload()
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("Designers")
    expect(page.get_by_text("What you had filled in is here again.")).to_be_visible()
    assert visit.barriers() == []
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("")
    page.reload()
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("")
    expect(page.get_by_text("What you had filled in")).to_have_count(0)

    visit.go("/wizards/create-connection")
    forward(page, "Choose Credentials")
    page.get_by_role("combobox", name="Join type").select_option("hybridAzureADJoin")
    page.get_by_role("group", name="Domain").get_by_role("switch").first.check()
    page.get_by_label("Password").fill("not-to-be-kept")
    kept = page.evaluate("JSON.stringify(sessionStorage)")
    assert ("hybridAzureADJoin" in kept, "not-to-be-kept" in kept) == (True, False)


def test_a_double_click_goes_one_step_and_not_two(enter: Enter) -> None:
    page = enter("administrator").go("/wizards/edit-tenant")
    page.get_by_role("button", name="Next", exact=True).dblclick()
    expect(page.get_by_text("Step 2 of 4")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_text("Step 2 of 4")).to_be_visible()


def test_a_search_takes_several_words_however_slowly_they_are_typed(enter: Enter) -> None:
    page = enter("reader").go("/cloud-pcs")
    search = page.get_by_role("searchbox", name="Search")
    search.press_sequentially("everybody ")
    expect(page).to_have_url(re.compile(r"search=everybody$"))
    search.press_sequentially("harbour")
    expect(search).to_have_value("everybody harbour")
    expect(page).to_have_url(re.compile(r"search=everybody\+harbour$"))


def test_where_there_is_nothing_to_choose_the_form_leads_to_what_makes_it(
    enter: Enter, open_office: OpenOffice
) -> None:
    visit = enter("administrator", at=open_office("meadow"))
    page = visit.go("/wizards/create-provisioning-policy")
    expect(page.get_by_role("group", name="Connections")).to_be_visible()
    expect(page.get_by_role("group", name="Connections").get_by_role("textbox")).to_have_count(0)
    assert visit.barriers() == []
    page.get_by_role("link", name="Create one first").click()
    expect(page.get_by_role("heading", name="Create Connection", level=1)).to_be_visible()


def test_a_wizard_has_its_step_in_the_address_and_its_review_shows_what_was_entered(enter: Enter) -> None:
    visit = enter("administrator")
    page = visit.go("/wizards/create-connection")
    page.get_by_role("combobox", name="Site").select_option(label="Main")
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_role("combobox", name=re.compile("join", re.IGNORECASE)).select_option(index=1)
    page.get_by_role("button", name="Next", exact=True).click()
    name = page.get_by_role("textbox", name=re.compile("Name"))
    name.fill("Pier network")
    page.get_by_role("button", name="Next", exact=True).click()
    entered = page.get_by_role("definition").filter(has_text="Pier network")
    expect(entered).to_be_visible()
    visit.picture("wizard-entered")
    assert visit.barriers() == []

    page.reload()
    expect(entered).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_enabled()
    page.go_back()
    expect(name).to_have_value("Pier network")
    steps = page.get_by_role("navigation", name="Steps").get_by_role("button")
    steps.first.click()
    expect(page.get_by_role("combobox", name="Site")).to_be_visible()
    steps.last.click()
    page.get_by_role("button", name=re.compile("^Change")).first.click()
    expect(steps.first).to_have_attribute("aria-current", "step")
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", name="Connections", level=1)).to_be_visible()
