"""A device image whose build fails: explained, mended and built again, as an administrator clicks it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from local.stack import Stack
from tests.browser.conftest import Enter
from tests.e2e.office import Office

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

BROKEN = {"kind": "lro_fail", "code": "VMExtensionProvisioningError", "message": "sysprep failed, exit code 51"}
HURRY = 600.0
LONG_MS = 240_000


def test_a_device_image_that_failed_is_explained_and_retried(
    stack: Stack, open_office: Callable[..., Office], enter: Enter
) -> None:
    office = open_office("atelier")
    office.break_cloud("vm.create", BROKEN)
    visit = enter("administrator", at=office)
    page = visit.go("/images")
    page.get_by_role("link", name="Create an image").first.click()
    page.get_by_role("textbox", name="Name").fill("Drawing")
    for title in ("Select Site", "Version", "Select Source Image"):
        page.get_by_role("button", name="Next", exact=True).click()
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        assert visit.barriers() == []
    page.get_by_role("combobox", name="Marketplace image").select_option(index=1)
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Show it", exact=True).click()
    with stack.at_speed(HURRY):
        expect(page.get_by_text("sysprep failed, exit code 51").first).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("What to do")).to_be_visible()
    visit.picture("image-failed")
    assert visit.barriers() == []

    office.mend_cloud("vm.create")
    visit.act("Retry")
    with stack.at_speed(HURRY):
        expect(page.get_by_text("Retry: done.")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("Ready", exact=True)).to_be_visible()
    expect(page.get_by_text("sysprep failed")).to_have_count(0)
    expect(page.get_by_role("button", name="Retry")).to_be_disabled()
    visit.picture("image-ready")
    assert visit.barriers() == []
    assert (office.machines(), office.invariants()) == ([], [])
