"""The provider of the service sees what was done to it as a whole."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import WIDTHS, Enter
from tests.e2e.office import Office

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_the_provider_reads_what_was_done_to_the_service(enter: Enter, office: Office, width: int) -> None:
    office.portal.ask("POST", "/pause", {"reason": "works"})
    office.portal.ask("POST", "/resume")
    visit = enter("provider", width=width)
    page = visit.page
    page.goto(f"{office.stack.addresses.api}/portal/tenants")
    page.get_by_role("link", name="Audit of the service").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Audit of the service")
    events = page.get_by_role("row" if width == WIDTHS["wide"] else "listitem")
    expect(events.filter(has_text=re.compile("pause", re.IGNORECASE)).first).to_contain_text("Success")
    page.get_by_role("textbox", name="Tenant").fill(office.name)
    expect(events.filter(has_text=re.compile("pause", re.IGNORECASE))).to_have_count(0)
    expect(events.filter(has_text="Success").first).to_be_visible()
    visit.picture(f"service-audit-{width}")
    assert visit.barriers() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
