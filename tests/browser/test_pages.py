"""What single pages show; `test_states.py` opens all of them."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.e2e.office import Office

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def test_a_cloud_pc_shows_its_steps(enter: Enter, office: Office) -> None:
    visit = enter("reader")
    page = visit.go("/cloud-pcs?status=provisioned")
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(page.get_by_text("Create the VM").first).to_be_visible()
    visit.picture("cloud-pc")
    assert visit.barriers() == []
    expect(page.get_by_role("button", name="Restart")).to_be_disabled()  # readers see, and change nothing
    assert office.name in page.url
