"""Visitors: users with their own Cloud PCs, readers, people with two tabs, with a keyboard only, without a network."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from azure_simulator.seeds import DOMAIN
from playwright.sync_api import expect

from local.stack import Stack
from tests.browser.conftest import Enter
from tests.browser.test_journeys import HURRY, LONG_MS
from tests.e2e.office import Office

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

OpenOffice = Callable[..., Office]
AWAY = "Failed to load resource"
"""Message that a browser itself writes to its console when an address cannot be reached."""


def allow_everything(office: Office, group_id: str) -> None:
    """Allow the members of a group every action on their own Cloud PCs."""
    setting = {
        "displayName": "Self-service",
        "selfServiceEnabled": True,
        "resetEnabled": True,
        "restorePointSetting": {"userRestoreEnabled": True},
    }
    made = office.portal.ask("POST", f"{office.graph}/userSettings", setting).body
    target = {"assignments": [{"target": {"groupId": group_id}}]}
    office.portal.ask("POST", f"{office.graph}/userSettings/{made['id']}/assign", target)


def test_a_user_opens_restarts_restores_and_resets_their_own_cloud_pc(
    stack: Stack, open_office: OpenOffice, enter: Enter
) -> None:
    office = open_office("cabin")
    upn = f"user02@{DOMAIN}"
    with stack.at_speed(HURRY):
        staff = office.group("staff", upn)
        office.policy("Desks", office.connection(), staff)
        pc = office.settled(upn)
        allow_everything(office, staff)
        office.act(pc, "createSnapshot", {})
    visit = enter("user02", at=office)
    page = visit.page
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=pc["displayName"]))
    in_browser = re.compile(r"^https://windows\.cloud\.microsoft/webclient/avd/[0-9a-f-]{36}/[0-9a-f-]{36}\?tenant=")
    expect(card.get_by_role("link", name="Open in browser")).to_have_attribute("href", in_browser)
    expect(card.get_by_role("link", name="Open in app")).to_have_attribute("href", re.compile(r"^ms-avd:connect\?"))
    visit.picture("my")
    assert visit.barriers() == []
    with stack.at_speed(HURRY):
        visit.act("Restart")
        expect(page.get_by_text("Restart: done.")).to_be_visible(timeout=LONG_MS)

        page.get_by_role("button", name="More actions").click()
        page.get_by_role("menuitem", name="Restore").click()
        dialog = page.get_by_role("alertdialog")
        dialog.get_by_role("combobox", name="Restore point").select_option(index=1)
        dialog.get_by_role("textbox", name="Type").fill(pc["managedDeviceName"])
        dialog.get_by_role("button", name="Restore", exact=True).click()
        expect(page.get_by_text("Restore: done.")).to_be_visible(timeout=LONG_MS)

        page.get_by_role("button", name="More actions").click()
        page.get_by_role("menuitem", name="Reset").click()
        dialog.get_by_role("textbox", name="Type").fill(pc["managedDeviceName"])
        dialog.get_by_role("button", name="Reset", exact=True).click()
        expect(page.get_by_text("Reset: done.")).to_be_visible(timeout=LONG_MS)
    assert office.settled(upn)["managedDeviceName"] != pc["managedDeviceName"]


def test_a_reader_sees_everything_and_changes_nothing(enter: Enter) -> None:
    visit = enter("reader")
    page = visit.go("/cloud-pcs?status=provisioned")
    expect(page.get_by_role("checkbox")).to_have_count(0)
    page.get_by_role("table").get_by_role("link").first.click()
    restart = page.get_by_role("button", name="Restart")
    expect(restart).to_be_disabled()
    restart.hover()
    expect(page.get_by_role("tooltip").filter(has_text="Cloud PC Operator")).to_be_visible()
    visit.go("/policies")
    expect(page.get_by_role("link", name="Create a policy")).to_have_count(0)


def test_the_service_is_away_for_a_while(enter: Enter) -> None:
    visit = enter("reader")
    visit.allowed = (AWAY,)
    page = visit.go("/cloud-pcs")
    expect(page.get_by_role("table")).to_be_visible()
    page.route("**/api/**", lambda route: route.abort())
    page.get_by_role("link", name="Connections").click()
    waiting = page.get_by_text("The service cannot be reached").and_(page.get_by_text("It is asked again by itself."))
    expect(waiting).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="The service cannot be reached")).to_be_visible(timeout=60_000)
    visit.picture("away")
    assert visit.barriers() == []
    page.unroute("**/api/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("table")).to_be_visible()


def test_what_was_read_stays_while_the_service_is_away_for_a_minute(enter: Enter) -> None:
    visit = enter("reader")
    visit.allowed = (AWAY,)
    visit.page.clock.install()
    page = visit.go("/policies")
    row = page.get_by_role("row").filter(has_text="Everybody")
    expect(row).to_be_visible()
    page.route("**/api/**", lambda route: route.abort())
    for _ in range(8):  # it is read again every minute, and tried again some times
        page.clock.fast_forward(20_000)
    expect(page.get_by_text("Reconnecting")).to_be_visible()
    expect(row).to_be_visible()
    page.unroute("**/api/**")
    with page.expect_response(lambda each: each.url.partition("?")[0].endswith("/provisioningPolicies")) as again:
        page.clock.fast_forward(61_000)
    assert again.value.status == 304  # nothing has changed, and nothing is sent
    expect(page.get_by_text("Reconnecting")).to_have_count(0)
    expect(row).to_be_visible()


def test_two_tabs_show_two_tenants(open_office: OpenOffice, office: Office, enter: Enter) -> None:
    other = open_office("lagoon")
    visit = enter("administrator")
    first = visit.go("/tenant")
    second = first.context.new_page()
    second.goto(f"{office.stack.addresses.api}/portal/")
    expect(second.get_by_role("heading", level=1)).to_have_text("Home")  # a new tab is whoever was chosen last
    there = enter("administrator", at=other).go("/tenant")
    expect(first.get_by_role("heading", level=1)).to_have_text("Harbour")
    expect(there.get_by_role("heading", level=1)).to_have_text("Lagoon")
    there.get_by_role("combobox", name="Tenant").select_option("harbour")
    expect(there).to_have_url(re.compile("/t/harbour$"))
    expect(first.get_by_role("heading", level=1)).to_have_text("Harbour")


def test_a_keyboard_is_enough(enter: Enter) -> None:
    visit = enter("operator")
    page = visit.go()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Type a name").fill("harbour 02")
    option = page.get_by_role("option", name=re.compile("Harbour 02", re.IGNORECASE))
    expect(option).to_have_attribute("aria-selected", "true")
    assert visit.barriers() == []
    visit.picture("palette")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Harbour 02")

    page.keyboard.press("Control+k")
    page.keyboard.type("cloud pcs")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cloud PCs")
    expect(page.get_by_role("table")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("harbour")
    expect(page).to_have_url(re.compile("search=harbour"))
    boxes = page.get_by_role("row").get_by_role("checkbox")
    expect(boxes).to_have_count(4)
    boxes.nth(1).focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(page.get_by_text("3 Cloud PCs are selected.")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_list_is_searched_filtered_ordered_and_kept_as_a_file(enter: Enter) -> None:
    visit = enter("reader")
    page = visit.go("/cloud-pcs")
    page.get_by_role("columnheader", name="User").get_by_role("button").click()
    page.get_by_role("columnheader", name="User").get_by_role("button").click()
    expect(page).to_have_url(re.compile("order=userPrincipalName"))
    page.get_by_role("combobox", name="Status").select_option("provisioned")
    expect(page.get_by_role("row")).to_have_count(4)
    with page.expect_download() as kept:
        page.get_by_role("button", name="Download CSV").click()
    lines = kept.value.path().read_text("utf-8-sig").splitlines()
    assert lines[0].startswith('"id","displayName",')
    assert len(lines) == 4
    page.get_by_role("searchbox", name="Search").fill("nobody of this name")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="Clear").last.click()
    expect(page.get_by_role("table")).to_be_visible()


def test_a_column_is_hidden_in_the_address(enter: Enter) -> None:
    visit = enter("reader")
    page = visit.go("/cloud-pcs")
    region = page.get_by_role("columnheader", name="Region")
    expect(region).to_be_visible()
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitemcheckbox", name="Region").click()
    expect(page).to_have_url(re.compile("hidden=region"))
    assert visit.barriers() == []
    page.keyboard.press("Escape")
    page.reload()
    expect(page.get_by_role("columnheader", name="Status")).to_be_visible()
    expect(region).to_have_count(0)
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitemcheckbox", name="Region").click()
    expect(region).to_be_visible()
