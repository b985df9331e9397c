"""The health of the whole service, which the provider alone sees: sections, tenants, set-aside work, thresholds."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


def test_the_provider_sees_the_health_of_the_service_and_changes_a_threshold(enter: Enter) -> None:
    visit = enter("provider")
    page = visit.page
    page.goto(f"{visit.office.stack.addresses.api}/portal/tenants")
    page.get_by_role("link", name="Health of the service").click()
    expect(page.get_by_role("heading", level=1, name="Health of the service")).to_be_visible()
    expect(page.get_by_text("All due work could be done.")).to_be_visible()
    page.get_by_role("button", name="Change the thresholds").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Storage latency warning").fill("400")
    visit.picture("thresholds-dialog")
    assert visit.barriers() == []
    dialog.get_by_role("button", name="Change the thresholds").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("definition").filter(has_text="400")).to_be_visible()
    visit.picture("service-health")
    assert visit.barriers() == []
