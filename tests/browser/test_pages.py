"""Contents of single pages; `test_states.py` opens all of them."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import WIDTHS, Enter, Visit
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


def test_a_policy_and_its_power_schedule_lead_to_each_other(enter: Enter, open_office: Callable[..., Office]) -> None:
    office = open_office("lookout")
    policies = f"{office.graph}/provisioningPolicies"
    office.policy("Watch", office.connection(), office.group("watch"))
    schedule = office.portal.ask("POST", f"{office.graph}/powerSchedules", {"displayName": "Day watch"}).body
    office.portal.ask("POST", f"{office.graph}/powerSchedules", {"displayName": "Spare"})
    policy = next(iter(office.portal.pages(policies)))
    office.portal.ask("PATCH", f"{policies}/{policy['id']}", {"@deskwright.powerScheduleId": schedule["id"]})
    visit = enter("administrator", at=office)
    page = visit.go("/power-schedules")
    expect(page.get_by_role("row", name="Spare").get_by_role("link")).to_have_count(0)
    page.get_by_role("row", name="Day watch").get_by_role("link", name="Watch", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Watch")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Day watch").click()
    expect(page.get_by_role("heading", level=1, name="Power schedules")).to_be_visible()
    _looked_at(visit, "power-schedule")


def test_advice_on_sizes_is_a_page_and_on_the_page_of_a_cloud_pc(enter: Enter, office: Office) -> None:
    visit = enter("reader")
    page = visit.go("/size-advice?insight=Oversized")
    expect(page.get_by_text("Nothing", exact=False).first).to_be_visible()
    page = visit.go("/size-advice")
    row = page.get_by_role("row", name=office.named(1))
    expect(row).to_contain_text("None yet")
    _looked_at(visit, "size-advice")
    row.get_by_role("link").click()
    page.get_by_role("button", name="Show the advice").click()
    expect(page.get_by_text("None yet")).to_be_visible()
    _looked_at(visit, "cloud-pc-advice")


def test_a_policy_with_a_warm_pool_shows_its_times(enter: Enter, open_office: Callable[..., Office]) -> None:
    office = open_office("boiler")
    office.policy("Warm", office.connection(), office.group("warm"))
    policy = next(iter(office.portal.pages(f"{office.graph}/provisioningPolicies")))["id"]
    plan = next(iter(office.portal.pages(f"{office.graph}/servicePlans")))["id"]
    pools = {"pools": [{"servicePlanId": plan, "desired": 0}]}
    office.portal.ask("POST", f"{office.base}/provisioningPolicies/{policy}/setPools", pools)
    visit = enter("administrator", at=office)
    page = visit.go(f"/policies/{policy}")
    expect(page.get_by_role("heading", name="From licence to use in the last 30 days")).to_be_visible()
    _looked_at(visit, "pool-times")
    page.get_by_role("link", name="Warm pools:").click()
    expect(page.get_by_role("heading", level=1, name="Warm pools")).to_be_visible()


def _looked_at(visit: Visit, name: str) -> None:
    """Keep pictures of a page, wide and light, narrow and dark, and expect no barrier in either."""
    for width, scheme in (("wide", "light"), ("narrow", "dark")):
        visit.page.set_viewport_size({"width": WIDTHS[width], "height": 800})
        visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        expect(visit.page.get_by_role("progressbar", name="Loading")).to_have_count(0)
        visit.picture(f"{name}-{width}-{scheme}")
        assert visit.barriers() == []
    visit.page.set_viewport_size({"width": WIDTHS["wide"], "height": 800})
