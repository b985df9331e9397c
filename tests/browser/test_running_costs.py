"""Pages about the running of a tenant: power schedules, cost, health."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def test_a_power_schedule_is_made_changed_and_deleted(enter: Enter) -> None:
    visit = enter("administrator")
    page = visit.go("/power-schedules")
    expect(page.get_by_text("No power schedule yet")).to_be_visible()
    page.get_by_role("button", name="Create a power schedule").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Office hours")
    dialog.get_by_label("Time zone").fill("Europe/Berlin")
    assert visit.barriers() == []
    dialog.get_by_role("button", name="Create a power schedule").click()
    row = page.get_by_role("row", name="Office hours")
    expect(row).to_contain_text("Monday - Friday 07:00 - 19:00")
    expect(row).to_contain_text("Europe/Berlin")

    row.get_by_role("button", name="Actions on Office hours").click()
    page.get_by_role("menuitem", name="Edit").click()
    dialog.get_by_label("Stop after sign-out (minutes)").fill("45")
    dialog.get_by_role("button", name="Edit").click()
    expect(row).to_contain_text("45 min")
    visit.picture("power-schedules")

    row.get_by_role("button", name="Actions on Office hours").click()
    page.get_by_role("menuitem", name="Delete").click()
    asked = page.get_by_role("alertdialog").or_(page.get_by_role("dialog"))
    asked.get_by_role("textbox", name="Type Office hours").fill("Office hours")
    asked.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No power schedule yet")).to_be_visible()


def test_cost_says_what_machines_cost_and_by_what_it_is_grouped(enter: Enter) -> None:
    visit = enter("administrator")
    page = visit.go("/cost")
    expect(page.get_by_role("heading", name="Cost", level=1)).to_be_visible()
    page.get_by_label("Group by").select_option("Provisioning policy")
    expect(page.get_by_role("heading", name="Provisioning policy", level=2)).to_be_visible()
    assert "by=policy" in page.url
    expect(page.get_by_role("table").or_(page.get_by_text("No cost yet"))).to_be_visible()
    visit.picture("cost")
    assert visit.barriers() == []


def test_health_shows_each_section_and_lets_one_be_dismissed(enter: Enter) -> None:
    visit = enter("administrator")
    page = visit.go("/tenant-health")
    expect(page.get_by_role("heading", name="Health", level=1)).to_be_visible()
    expect(page.get_by_text("Checked:").or_(page.get_by_text("The first check is not done yet."))).to_be_visible()
    visit.picture("health")
    assert visit.barriers() == []
