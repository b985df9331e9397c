"""Deleted Cloud PCs: their kept disks are listed, come back to their users and to others, and are deleted."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from local.stack import Stack
from tests.browser.conftest import Enter, Visit
from tests.browser.test_journeys import HURRY
from tests.e2e.office import SMALL, Office

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

_BUILT_MS = 300_000
"""For a machine to be built from a disk, in real time."""


def with_kept_disk(stack: Stack, office: Office) -> tuple[str, str, str]:
    """Rebuild a Cloud PC whose old disk is kept; return its id, its user, and the computer of the kept disk."""
    with stack.at_speed(HURRY):
        member = office.user(1, SMALL)
        office.policy("Office", office.connection(), office.group("staff", member))
        pc = office.settled(member)
        office.finish(office.portal.ask("POST", f"{office.graph}/cloudPCs/{pc['id']}/reprovision", {}))
        kept = office.until(
            lambda: [
                each for each in office.portal.pages(f"{office.base}/deletedCloudPCs") if each["status"] == "kept"
            ],
            says="the disk of the old machine is kept",
        )
    return str(pc["id"]), member, str(kept[0]["managedDeviceName"])


def test_a_kept_disk_is_shown_named_in_the_review_and_deleted(
    stack: Stack, open_office: Callable[..., Office], enter: Enter
) -> None:
    office = open_office("attic", deletedCloudPcsKeptInDays=7)
    cloud_pc, member, computer = with_kept_disk(stack, office)
    visit = enter("administrator", at=office)
    page = visit.go(f"/cloud-pcs/{cloud_pc}")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Undelete").click()
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_label("Kept disk").select_option(index=1)
    expect(dialog.get_by_label("Kept disk").locator("option").nth(1)).to_contain_text(computer)
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog).to_contain_text(f"The kept disk of {computer} becomes the disk of {member}.")
    visit.picture("undelete-review")
    assert visit.barriers() == []
    dialog.get_by_role("button", name="Cancel").click()

    visit.go("/deleted-cloud-pcs")
    row = page.get_by_role("row", name=computer)
    expect(row).to_contain_text("Kept")
    expect(page.get_by_text("Disks are kept for 7 days.")).to_be_visible()
    visit.picture("deleted-cloud-pcs")
    assert visit.barriers() == []
    row.get_by_role("button").click()
    page.get_by_role("menuitem", name="Delete the kept disk").click()
    asked = page.get_by_role("alertdialog")
    asked.get_by_role("textbox", name=f"Type {computer}").fill(computer)
    visit.picture("delete-kept-disk")
    asked.get_by_role("button", name="Delete the kept disk", exact=True).click()
    with stack.at_speed(HURRY):
        gone = page.get_by_text("No disk of a deleted Cloud PC is kept")
        expect(gone.or_(row.get_by_text("Removing"))).to_be_visible(timeout=_BUILT_MS)


def kept_disks(office: Office) -> list[dict[str, Any]]:
    """Return the deleted Cloud PCs whose disks are kept."""
    return [each for each in office.portal.pages(f"{office.base}/deletedCloudPCs") if each["status"] == "kept"]


def computer_of(office: Office, cloud_pc: dict[str, Any]) -> str:
    """Return the name of the machine that a Cloud PC has now."""
    return str(office.portal.ask("GET", f"{office.graph}/cloudPCs/{cloud_pc['id']}").body["managedDeviceName"])


def use_disk(visit: Visit, title: str, cloud_pc: dict[str, Any], user: str) -> None:
    """Build a Cloud PC from the kept disk of a user, by its page, and wait until it is done."""
    page, office = visit.go(f"/cloud-pcs/{cloud_pc['id']}"), visit.office
    shown = office.portal.ask("GET", f"{office.graph}/cloudPCs/{cloud_pc['id']}").body
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name=title).click()
    dialog = page.get_by_role("alertdialog")
    choice = dialog.get_by_label("Kept disk")
    choice.select_option(value=choice.locator("option", has_text=user).first.get_attribute("value"))
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog).to_contain_text(f"becomes the disk of {shown['userPrincipalName']}")
    visit.picture(f"{title.lower().replace(' ', '-')}-of-{user.split('@', maxsplit=1)[0]}")
    assert visit.barriers() == []
    dialog.get_by_role("textbox", name=re.compile("^Type ")).fill(shown["managedDeviceName"])
    dialog.get_by_role("button", name=title, exact=True).click()
    with office.stack.at_speed(HURRY):
        expect(page.get_by_text(f"{title}: done.").first).to_be_visible(timeout=_BUILT_MS)


def test_a_kept_disk_comes_back_to_its_user_and_another_one_to_somebody_else(
    stack: Stack, open_office: Callable[..., Office], enter: Enter
) -> None:
    office = open_office("cellar", deletedCloudPcsKeptInDays=7)
    with stack.at_speed(HURRY):
        members = [office.user(number, SMALL) for number in (1, 2)]
        office.policy("Office", office.connection(), office.group("staff", *members))
        pcs = [office.settled(member) for member in members]
        for pc in pcs:
            office.finish(office.portal.ask("POST", f"{office.graph}/cloudPCs/{pc['id']}/reprovision", {}))
        office.until(lambda: len(kept_disks(office)) == len(pcs), says="the disks of the old machines are kept")
    visit = enter("administrator", at=office)
    old = [computer_of(office, pc) for pc in pcs]
    use_disk(visit, "Undelete", pcs[0], members[0])
    assert computer_of(office, pcs[0]) not in old
    back = computer_of(office, pcs[0])
    use_disk(visit, "Hand over", pcs[0], members[1])
    assert computer_of(office, pcs[0]) not in {*old, back}
    assert computer_of(office, pcs[1]) == old[1]  # who gave a disk keeps their own machine
    assert {office.settled(each)["status"] for each in members} == {"provisioned"}
