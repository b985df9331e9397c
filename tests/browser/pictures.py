"""``python -m tests.browser.pictures`` takes the pictures of docs/portal.md, with something on every page.

With names of pictures behind it, it takes these alone.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from local.options import StackOptions
from local.people import offered
from local.stack import Stack
from tests.browser.conftest import MORNING
from tests.browser.environment import find
from tests.browser.furnishing import furnish
from tests.browser.pages import addresses
from tests.e2e.office import Office

PLACE = Path(__file__).resolve().parents[2] / "docs" / "pictures"
WIDTH, NARROW, HEIGHT, SCALE = 1_280, 360, 800, 0.62
NAMES = {
    "cloud-pcs-id": "cloud-pc",
    "policies-id": "policy",
    "connections-id": "connection",
    "images-id": "image",
    "image-sets-id": "image-set",
    "image-sets-id-versions-number": "image-version",
    "spot-groups-id": "spot-group",
    "spot-groups-id-hosts-host": "session-host",
    "notice-endpoints-id": "notice-endpoint",
    "scripts-id": "script",
    "operations-id": "operation",
    "bulk-actions-id": "bulk-action",
    "audit-id": "audit-event",
    "wizards-create-provisioning-policy": "wizard",
    "service-my": "my",
    "service-service-health": "service-health",
    "service-tenants": "tenants",
    "service-tenants-new": "tenants-new",
}
"""Names of the pictures of pages of one thing; other pictures have the names of routes. One wizard is enough."""


def main(wanted: Collection[str] = ()) -> None:
    """Furnish a tenant and take the pictures that are wanted: all of them if none is named."""
    PLACE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Stack(Path(folder), StackOptions(begins=MORNING)) as stack:
        office = furnish(stack)
        with offered(stack) as people, sync_playwright() as playwright:
            found = find()
            browser = playwright.chromium.launch(
                executable_path=found.program, env=found.variables(), args=["--no-sandbox"]
            )
            context = browser.new_context(
                viewport={"width": WIDTH, "height": HEIGHT},
                device_scale_factor=SCALE,
                locale="en-GB",
                timezone_id="UTC",
                reduced_motion="reduce",
            )
            take(context.new_page(), people, f"{stack.addresses.api}/portal", office, wanted)
            browser.close()


def take(page: Page, people: str, portal: str, office: Office, wanted: Collection[str]) -> None:
    """Go through all pages as the provider's administrator, and to their own as a user."""
    choose(page, people, "provider")
    for name, path in addresses(office).items():
        is_wanted = not wanted or NAMES.get(name, name) in wanted
        if is_wanted and (name in NAMES or not name.startswith("wizards-")):
            page.goto(f"{portal}{path}")
            keep(page, NAMES.get(name, name))
    if wanted:
        return
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    page.goto(f"{portal}/t/{office.name}/cloud-pcs")
    keep(page, "narrow")
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    choose(page, people, "user01")
    keep(page, "my")


def choose(page: Page, people: str, person: str) -> None:
    """Sign in as another person of the demonstration."""
    page.goto(people)
    page.locator(f'form[action="/{person}"] button').click()
    page.wait_for_url("**/portal/**")
    expect(page.get_by_role("banner")).to_be_visible()


def keep(page: Page, name: str) -> None:
    """Take the picture of a page when everything in it has come."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator(".fui-Skeleton")).to_have_count(0)
    page.screenshot(path=PLACE / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1:])
