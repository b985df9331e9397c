"""Deleted Cloud PCs: their kept disks are listed, named where one is used, and deleted by a typed name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from local.stack import Stack
from tests.browser.conftest import Enter
from tests.e2e.office import SMALL, Office

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def with_kept_disk(stack: Stack, office: Office) -> tuple[str, str, str]:
    """Rebuild a Cloud PC whose old disk is kept; return its id, its user, and the computer of the kept disk."""
    with stack.at_speed(1_000.0):
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
    expect(page.get_by_text("No disk of a deleted Cloud PC is kept").or_(row.get_by_text("Removing"))).to_be_visible()
