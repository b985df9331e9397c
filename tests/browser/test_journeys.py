"""Journeys of administrators, from the first wizard to a Cloud PC that is repaired."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote_plus

import pytest
from playwright.sync_api import Page, expect

from local.stack import Stack
from tests.browser.conftest import Enter, Visit
from tests.e2e.office import SMALL, Office

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

OpenOffice = Callable[..., Office]
BROKEN = {"kind": "lro_fail", "code": "VMExtensionProvisioningError", "message": "the join failed, exit code 51"}
HURRY = 600.0
"""Simulated seconds per real second while Cloud PCs are built."""
LONG_MS = 180_000
"""Milliseconds for steps that wait for a build, in real time."""


def furnished(office: Office, count: int = 1) -> list[str]:
    """Let some users have their Cloud PC; return who."""
    users = [office.user(number, SMALL) for number in range(1, count + 1)]
    connection = office.connection()
    office.policy("Desks", connection, office.group("staff", *users))
    for user in users:
        office.settled(user)
    return users


def forward(page: Page) -> None:
    """Go to the next step, and wait until it is there, or this one is wrong."""
    step = page.get_by_text(re.compile(r"^Step \d+ of \d+$"))
    number = step.inner_text().split()[1]
    page.get_by_role("button", name="Next", exact=True).click()
    moved = page.get_by_text(re.compile(rf"^Step (?!{number} )\d+ of \d+$"))
    expect(moved.or_(page.get_by_text("Something has to be changed")).first).to_be_visible()


def test_three_wizards_with_wrong_and_right_input_lead_to_a_cloud_pc_that_is_ready(
    stack: Stack, open_office: OpenOffice, enter: Enter
) -> None:
    office = open_office("quay")
    upn = office.user(1, SMALL)
    office.group("crew", upn)
    visit = enter("administrator", at=office)
    make_connection(visit)
    with stack.at_speed(HURRY):
        visit.page.get_by_role("link", name="Show the steps").click()
        expect(visit.page.get_by_text("Succeeded").first).to_be_visible(timeout=LONG_MS)
    make_policy(visit)
    page = visit.go("/cloud-pcs")
    with stack.at_speed(HURRY):
        row = page.get_by_role("row", name=re.compile(upn))
        expect(row).to_contain_text("Provisioned", timeout=LONG_MS)  # nobody loads the page again


def make_connection(visit: Visit) -> None:
    page = visit.go()
    page.get_by_role("link", name="Create a connection").click()
    page.get_by_role("combobox", name="Site").select_option(label="Main")
    forward(page)
    page.get_by_role("combobox", name=re.compile("join", re.IGNORECASE)).select_option(index=1)
    forward(page)
    forward(page)  # without a name
    expect(page.get_by_text("Something has to be changed")).to_be_visible()
    visit.picture("wizard-wrong")
    assert visit.barriers() == []
    page.get_by_role("textbox", name=re.compile("Name")).fill("Quay network")
    forward(page)
    page.get_by_role("button", name="Save", exact=True).click()


def make_policy(visit: Visit) -> None:
    page = visit.go("/wizards/create-provisioning-policy")
    page.get_by_role("checkbox", name=re.compile("Quay network")).check()
    forward(page)
    page.get_by_role("combobox", name=re.compile("type", re.IGNORECASE)).select_option("gallery")
    page.get_by_role("combobox", name=re.compile("image", re.IGNORECASE)).last.select_option(index=1)
    forward(page)
    forward(page)
    page.get_by_role("checkbox", name=re.compile("quay crew")).check()
    forward(page)
    page.get_by_role("textbox", name=re.compile("Name")).fill("Crew")
    forward(page)
    expect(page.get_by_text("What will happen")).to_be_visible()
    visit.picture("wizard-review")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()


def test_a_failure_is_explained_and_retried(stack: Stack, open_office: OpenOffice, enter: Enter) -> None:
    office = open_office("wreck")
    upn = office.user(1, SMALL)
    with stack.at_speed(HURRY):
        connection = office.connection()
        office.break_cloud("extension.put", BROKEN)
        office.policy("Desks", connection, office.group("staff", upn))
        office.settled(upn)
    visit = enter("operator", at=office)
    page = visit.go()
    page.get_by_role("link", name="1 Cloud PC has failed").click()
    page.get_by_role("row", name=re.compile(upn)).get_by_role("link").first.click()
    expect(page.get_by_text("exit code 51").first).to_be_visible()
    visit.picture("cloud-pc-failed")
    assert visit.barriers() == []

    office.mend_cloud("extension.put")
    with stack.at_speed(HURRY):
        visit.act("Retry")
        expect(page.get_by_text("Retry: done.")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("Provisioned", exact=True).first).to_be_visible()


def test_a_grace_period_is_extended(stack: Stack, open_office: OpenOffice, enter: Enter) -> None:
    office = open_office("ebb")
    with stack.at_speed(HURRY):
        (upn,) = furnished(office)
        office.take(upn, SMALL)
        office.tell_changed(upn)
        pc = office.reaches(upn, "inGracePeriod")
    visit = enter("operator", at=office)
    page = visit.go(f"/cloud-pcs/{pc['id']}")
    expect(page.get_by_text("License removed")).to_be_visible()
    visit.act("Extend the grace period", more=True)
    expect(visit.told("Extend the grace period: done.")).to_be_visible()
    assert office.cloud_pc_of(upn)["gracePeriodEndDateTime"] > pc["gracePeriodEndDateTime"]
    visit.act("Hold the grace period", more=True)
    expect(visit.told("Hold the grace period: done.")).to_be_visible()
    assert office.cloud_pc_of(upn)["@deskwright.grace"]["held"] is True
    visit.picture("cloud-pc-grace")


def test_many_are_reprovisioned_after_a_dry_run(stack: Stack, open_office: OpenOffice, enter: Enter) -> None:
    office = open_office("fleet")
    with stack.at_speed(HURRY):
        furnished(office, 3)
    before = {pc["id"]: pc["managedDeviceName"] for pc in office.cloud_pcs() if pc["status"] == "provisioned"}
    visit = enter("operator", at=office)
    page = visit.go("/cloud-pcs?status=provisioned")
    page.get_by_role("checkbox", name="Select all").check()
    expect(page.get_by_text("3 Cloud PCs are selected.")).to_be_visible()
    page.get_by_role("button", name="Choose an action").click()
    page.get_by_role("menuitem", name="Reprovision").click()
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_role("switch", name="Build the new machine first").uncheck()
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog.get_by_role("heading", name="Possible on 3 Cloud PCs")).to_be_visible()
    visit.picture("bulk-dry-run")
    assert visit.barriers() == []
    dialog.get_by_role("textbox", name="Type 3 to go on").fill("3")
    with stack.at_speed(HURRY):
        dialog.get_by_role("button", name="Start").click()
        dialog.get_by_role("link", name="Show its progress").click()
        expect(page.get_by_role("row").filter(has_text="Succeeded")).to_have_count(3, timeout=LONG_MS)
    visit.picture("bulk-action")
    assert visit.barriers() == []
    after = {pc["id"]: pc["managedDeviceName"] for pc in office.cloud_pcs() if pc["status"] == "provisioned"}
    assert after.keys() == before.keys()
    assert all(after[each] != before[each] for each in before)


def test_of_a_long_list_only_what_runs_is_read_again(stack: Stack, open_office: OpenOffice, enter: Enter) -> None:
    office = open_office("fjord")
    with stack.at_speed(HURRY):
        users = furnished(office, 3)
    pc = office.cloud_pc_of(users[0])
    visit = enter("operator", at=office)
    long = re.compile(r"/cloudPCs\?.*top=200")  # three rows are a long list when a page has one
    visit.page.route(long, lambda route: route.continue_(url=route.request.url.replace("top=200", "top=1")))
    office.portal.ask("POST", f"{office.base}/cloudPCs/{pc['id']}/reprovision", {})
    page = visit.go("/cloud-pcs?search=fjord")
    row = page.get_by_role("row", name=re.compile(users[0]))
    expect(row).to_contain_text("Provisioning")
    with page.expect_request(lambda each: f"id in ('{pc['id']}')" in unquote_plus(each.url)):
        expect(page.get_by_role("row")).to_have_count(4)
    with stack.at_speed(HURRY):
        expect(row).to_contain_text("Provisioned", timeout=LONG_MS)


def test_a_check_of_a_connection_fails_and_is_cured(stack: Stack, open_office: OpenOffice, enter: Enter) -> None:
    office = open_office("strait")
    with stack.at_speed(HURRY):
        connection = office.connection()
    visit = enter("operator", at=office)
    page = visit.go(f"/connections/{connection}")
    office.break_cloud("extension.put", BROKEN)
    with stack.at_speed(HURRY):
        page.get_by_role("button", name="Check now").click()
        expect(page.get_by_text("Check now: done.").or_(page.get_by_text("Check now: failed."))).to_be_visible(
            timeout=LONG_MS
        )
    expect(page.get_by_text("What to do").first).to_be_visible()
    visit.picture("connection-failed")
    assert visit.barriers() == []
    office.mend_cloud("extension.put")
    with stack.at_speed(HURRY):
        page.get_by_role("button", name="Check now").click()
        expect(page.get_by_text("Check now: done.")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("What to do")).to_have_count(0)


def test_an_edit_says_what_it_would_do_before_it_is_saved(stack: Stack, open_office: OpenOffice, enter: Enter) -> None:
    office = open_office("weir")
    with stack.at_speed(HURRY):
        (upn,) = furnished(office)
    office.change_user(upn, accountEnabled=False)
    visit = enter("administrator", at=office)
    page = visit.go("/wizards/edit-tenant")
    forward(page)
    page.get_by_role("switch", name="Disabled accounts lose their Cloud PCs").check()
    forward(page)
    forward(page)
    foreseen = page.get_by_role("region", name="What it will do for users")
    expect(foreseen).to_contain_text("1 would enter a grace period")
    expect(foreseen).to_contain_text(upn)
    visit.picture("edit-foreseen")
    assert visit.barriers() == []
    assert office.portal.ask("GET", office.base).body["settings"]["disabledAccountStartsGrace"] is False

    visit.go(f"/wizards/edit-provisioning-policy?id={office.only_policy()}")
    for _ in range(5):
        forward(page)
    expect(page.get_by_role("region", name="What it will do for users")).to_contain_text("No Cloud PC would change.")


def test_an_edit_begins_with_what_there_is(open_office: OpenOffice, enter: Enter) -> None:
    office = open_office("dock", gracePeriodInHours=100)
    visit = enter("administrator", at=office)
    page = visit.go("/tenant")
    page.get_by_role("link", name="Edit").click()
    forward(page)
    grace = page.get_by_role("spinbutton", name="Grace period")
    expect(grace).to_have_value("100")
    assert visit.barriers() == []
    grace.fill("72")
    page.get_by_role("combobox", name="Restore points").select_option("6")
    seats = page.get_by_role("group", name="Seats", exact=True)
    seats.get_by_role("button", name="Add").click()
    seats.get_by_role("textbox", name="Licence (part number)").fill("CPC_E_2C_4GB_128GB")
    seats.get_by_role("spinbutton").fill("3")
    for _ in range(2):
        forward(page)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()
    settings = office.portal.ask("GET", office.base).body["settings"]
    assert (settings["gracePeriodInHours"], settings["restorePointFrequencyInHours"]) == (72, 6)
    assert settings["seats"] == {"CPC_E_2C_4GB_128GB": 3}
