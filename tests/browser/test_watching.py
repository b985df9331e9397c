"""Pages on which somebody watches over the service: alerts, notices, warm pools, use, power of a Cloud PC."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.e2e.office import Office

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def test_an_endpoint_shows_its_secret_once_is_tried_and_deleted(enter: Enter) -> None:
    visit = enter("administrator")
    page = visit.go("/notice-endpoints")
    page.get_by_role("button", name="Create an endpoint").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Service desk")
    dialog.get_by_label("Address").fill("https://hooks.example.com/deskwright")
    assert visit.barriers() == []
    dialog.get_by_role("button", name="Create an endpoint").click()
    expect(page.get_by_text("it is never shown again")).to_be_visible()
    expect(page.get_by_text("whsec_")).to_be_visible()

    page.get_by_role("link", name="Service desk").click()
    expect(page.get_by_role("heading", level=1, name="Service desk")).to_be_visible()
    expect(page.get_by_text("whsec_")).to_have_count(0)
    page.get_by_role("button", name="Send a test notice").click()
    expect(visit.told("The endpoint has")).to_be_visible()
    expect(page.get_by_role("table", name="Deliveries of the last seven days")).to_contain_text("Test")
    visit.picture("notice-endpoint")
    assert visit.barriers() == []

    visit.act("Delete", typed="Service desk", more=True)
    expect(page.get_by_text("No endpoint yet")).to_be_visible()


def test_a_rule_of_alerts_is_changed(enter: Enter) -> None:
    visit = enter("administrator")
    page = visit.go("/alerts")
    page.get_by_role("link", name="Alert rules").click()
    expect(page.get_by_role("heading", level=1, name="Alert rules")).to_be_visible()
    row = page.get_by_role("row").nth(1)
    row.get_by_role("button").click()
    page.get_by_role("menuitem", name="Edit").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Fires from so many on").fill("7")
    dialog.get_by_role("button", name="Edit").click()
    expect(row).to_contain_text("7")
    visit.picture("alert-rules")
    assert visit.barriers() == []


def test_a_warm_pool_is_made_and_says_what_comes_next(enter: Enter) -> None:
    visit = enter("administrator")
    page = visit.go("/warm-pools")
    page.get_by_role("button", name="Create a warm pool").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Provisioning policy").select_option(label="Everybody")
    dialog.get_by_label("Service plan").select_option(index=1)
    dialog.get_by_label("Machines kept ready").fill("0")
    dialog.get_by_role("button", name="Create a warm pool").click()
    row = page.get_by_role("row", name="Everybody")
    expect(row).to_be_visible()
    visit.picture("warm-pools")
    assert visit.barriers() == []
    row.get_by_role("button").click()
    page.get_by_role("menuitem", name="Drain").click()
    page.get_by_role("dialog").or_(page.get_by_role("alertdialog")).get_by_role("button", name="Drain").click()
    expect(page.get_by_text("No warm pool yet")).to_be_visible()


def test_a_cloud_pc_says_what_decided_its_power_and_how_it_was_used(enter: Enter, office: Office) -> None:
    pc = next(pc for pc in office.cloud_pcs() if pc["status"] == "provisioned")
    visit = enter("reader")
    page = visit.go(f"/cloud-pcs/{pc['id']}")
    expect(page.get_by_role("heading", level=2, name="Power")).to_be_visible()
    page.get_by_role("button", name="Show the use of the last days").click()
    days = page.get_by_role("table", name="Use by day").or_(page.get_by_text("No use has been recorded yet."))
    expect(days).to_be_visible()
    visit.picture("cloud-pc-power")
    assert visit.barriers() == []

    page = visit.go("/use")
    expect(page.get_by_role("link", name=pc["userPrincipalName"])).to_be_visible()
    visit.picture("use")
    assert visit.barriers() == []
