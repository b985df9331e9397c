"""Every page: what it shows, without barriers, wide and narrow, light and dark."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import WIDTHS, Enter
from tests.e2e.office import Office

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

PAGES = {
    "home": ("", "Home"),
    "cloud-pcs": ("/cloud-pcs", "Cloud PCs"),
    "policies": ("/policies", "Provisioning policies"),
    "connections": ("/connections", "Connections"),
    "images": ("/images", "Images"),
    "spot-groups": ("/spot-groups", "Spot Groups"),
    "image-sets": ("/image-sets", "Image sets"),
    "users": ("/users", "Users"),
    "operations": ("/operations", "Operations"),
    "bulk-actions": ("/bulk-actions", "Bulk actions"),
    "removals": ("/removals", "Removals and orphans"),
    "audit": ("/audit", "Audit"),
    "licenses": ("/licenses", "Licences and quotas"),
    "user-settings": ("/user-settings", "User settings"),
    "tenant": ("/tenant", "Harbour"),
    "create-connection": ("/wizards/create-connection", "Create Connection"),
    "create-policy": ("/wizards/create-provisioning-policy", "Create Provisioning Policy"),
}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_barriers(enter: Enter, name: str, width: int, *, dark: bool) -> None:
    path, title = PAGES[name]
    visit = enter("administrator", width=width, dark=dark)
    page = visit.go(path)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(title, re.IGNORECASE))
    expect(page.get_by_role("progressbar", name="Loading")).to_have_count(0)
    visit.picture(f"{name}-{width}-{'dark' if dark else 'light'}")
    assert visit.barriers() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_cloud_pc_shows_its_steps(enter: Enter, office: Office) -> None:
    visit = enter("reader")
    page = visit.go("/cloud-pcs?status=provisioned")
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(page.get_by_text("Create the VM").first).to_be_visible()
    visit.picture("cloud-pc")
    assert visit.barriers() == []
    expect(page.get_by_role("button", name="Restart")).to_be_disabled()  # readers see, and change nothing
    assert office.name in page.url
