"""``python -m tests.browser.pictures`` takes the pictures of docs/portal.md, with something on every page."""

from __future__ import annotations

import tempfile
from pathlib import Path

from azure_simulator.seeds import DOMAIN
from playwright.sync_api import Page, expect, sync_playwright

from local.people import offered
from local.stack import Stack, StackOptions
from tests.browser.conftest import MORNING
from tests.browser.environment import find
from tests.browser.furnishing import furnish

PLACE = Path(__file__).resolve().parents[2] / "docs" / "pictures"
WIDTH, HEIGHT, SCALE = 1_280, 800, 0.62
BELOW = {
    "home": "",
    "cloud-pcs": "/cloud-pcs",
    "policies": "/policies",
    "connections": "/connections",
    "images": "/images",
    "users": f"/users?user=harbour01@{DOMAIN}",
    "spot-groups": "/spot-groups",
    "image-sets": "/image-sets",
    "operations": "/operations",
    "bulk-actions": "/bulk-actions",
    "removals": "/removals",
    "audit": "/audit",
    "licenses": "/licenses",
    "user-settings": "/user-settings",
    "tenant": "/tenant",
    "wizard": "/wizards/create-provisioning-policy",
}
FIRST_OF = {
    "cloud-pc": "/cloud-pcs?status=failed",
    "policy": "/policies",
    "connection": "/connections",
    "spot-group": "/spot-groups",
    "image-set": "/image-sets",
    "operation": "/operations",
    "bulk-action": "/bulk-actions",
}
"""Pages of one thing: the list whose first row leads there."""
BEHIND = {"session-host": ("Hosts", "/spot-groups"), "image-version": ("Versions", "/image-sets")}
"""Pages of something that belongs to such a thing: the table on its page whose first row leads there, and the list."""


def main() -> None:
    """Furnish a tenant and take all pictures."""
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
            take(context.new_page(), people, f"{stack.addresses.api}/portal", office.name)
            browser.close()


def take(page: Page, people: str, portal: str, tenant: str) -> None:
    """Go through the pages as an administrator and as a user."""
    choose(page, people, "provider")
    for name, path in BELOW.items():
        page.goto(f"{portal}/t/{tenant}{path}")
        keep(page, name)
    for name, path in FIRST_OF.items():
        page.goto(f"{portal}/t/{tenant}{path}")
        page.get_by_role("table").get_by_role("link").first.click()
        page.wait_for_url(f"**{path.partition('?')[0]}/*")
        keep(page, name)
    for name, (table, path) in BEHIND.items():
        page.goto(f"{portal}/t/{tenant}{path}")
        page.get_by_role("table").get_by_role("link").first.click()
        page.get_by_role("table", name=table).get_by_role("link").first.click()
        page.wait_for_url(f"**{path}/*/*/*")
        keep(page, name)
    page.goto(f"{portal}/tenants")
    keep(page, "tenants")
    page.goto(f"{portal}/audit?tenantId={tenant}")
    keep(page, "service-audit")
    choose(page, people, "user01")
    keep(page, "my")


def choose(page: Page, people: str, person: str) -> None:
    """Become somebody."""
    page.goto(people)
    page.locator(f'form[action="/{person}"] button').click()
    page.wait_for_url("**/portal/**")
    expect(page.get_by_role("banner")).to_be_visible()


def keep(page: Page, name: str) -> None:
    """Take the picture of a page when everything in it has come."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PLACE / f"{name}.png")


if __name__ == "__main__":
    main()
