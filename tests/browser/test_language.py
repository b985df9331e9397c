"""People without a role have the portal in their language; pages of administration are in English."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from azure_simulator.seeds import DOMAIN
from playwright.sync_api import expect

from local.stack import Stack
from tests.browser.conftest import Enter
from tests.browser.test_journeys import HURRY
from tests.browser.test_visitors import allow_everything
from tests.e2e.office import Office

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

GERMAN = "de-DE"


def test_a_user_has_their_own_page_in_the_language_of_their_browser(
    stack: Stack, open_office: Callable[..., Office], enter: Enter
) -> None:
    office = open_office("cottage")
    upn = f"user02@{DOMAIN}"
    with stack.at_speed(HURRY):
        staff = office.group("staff", upn)
        office.policy("Desks", office.connection(), staff)
        pc = office.settled(upn)
        allow_everything(office, staff)
    visit = enter("user02", at=office, locale=GERMAN)
    page = visit.page
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=pc["displayName"]))
    expect(page.get_by_role("heading", name="Meine Cloud-PCs")).to_be_visible()
    expect(card.get_by_text("Bereit", exact=True)).to_be_visible()
    expect(card.get_by_role("link", name="Im Browser öffnen")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    visit.picture("my-in-german")
    assert visit.barriers() == []
    page.get_by_role("button", name="Neu starten", exact=True).click()
    expect(page.get_by_role("alertdialog").or_(page.get_by_role("dialog"))).to_contain_text("Ihre Sitzung endet")
    page.get_by_role("button", name="Abbrechen").click()
    page.get_by_role("button", name="Darstellung").click()
    page.get_by_role("menuitemradio", name="English").click()
    expect(page.get_by_role("heading", name="My Cloud PCs")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_pages_of_administration_are_in_english_and_the_way_to_own_pages_changes_the_language(enter: Enter) -> None:
    visit = enter("administrator", locale=GERMAN)
    page = visit.go("/cloud-pcs")
    expect(page.get_by_role("heading", name="Cloud PCs", level=1)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="My Cloud PCs").click()
    expect(page.get_by_role("heading", name="Meine Cloud-PCs")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.go_back()
    expect(page.get_by_role("heading", name="Cloud PCs", level=1)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
