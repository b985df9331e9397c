"""Contents of single pages; `test_states.py` opens all of them."""

import json
import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import WIDTHS, Enter
from tests.e2e.office import Office

_NAMES = re.compile(r'("(?:displayName|provisioningPolicyName|onPremisesConnectionName)": ?)"[^"]*"')
"""The names that people have given, in an answer of the API."""

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


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


@pytest.mark.parametrize("name", ["W" * 200, "مكتب القاهرة 🏢 " * 12, "👩‍👩‍👧‍👦" * 40])
def test_a_name_of_any_length_and_script_stays_in_the_window(enter: Enter, name: str) -> None:
    visit = enter("administrator")
    said = json.dumps(name)

    def rename(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=_NAMES.sub(lambda found: f"{found[1]}{said}", answer.text()))

    visit.page.route("**/api/tenants/**", rename)
    found = {}
    for path in ("", "/cloud-pcs", "/policies", "/connections", "/tenant"):
        page = visit.go(path)
        expect(page.get_by_text(name.strip()).first).to_be_attached()
        for width in WIDTHS.values():
            page.set_viewport_size({"width": width, "height": 800})
            expect(page.get_by_role("progressbar", name="Loading")).to_have_count(0)
            found[path, width] = page.evaluate("document.documentElement.scrollWidth") - width
        visit.picture(f"names{path.replace('/', '-')}")
    assert {place: over for place, over in found.items() if over > 0} == {}
