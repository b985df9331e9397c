"""Messages of the portal during work, after failures and after removals; and the focus then."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import Enter, Visit
from tests.browser.test_states import REFUSED
from tests.e2e.office import Office

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

OpenOffice = Callable[..., Office]
_PART = """() => {
  const at = document.activeElement;
  const part = at?.closest("header, nav, main")?.tagName ?? "BODY";
  return part === "MAIN" && at.tagName !== "MAIN" ? "MAIN CONTROL" : part;
}"""
"""The part of the page in which the focus is; the content's own controls apart from the content as a whole."""
_NOTE_PLACE = "link => link.addEventListener('click', () => { sessionStorage.place = scrollY }, { capture: true })"
"""Keeps the place that the page has at the click: before it, the page may grow above the link, and moves."""
POLICIES = "**/provisioningPolicies?*"


def answers(status: int, **headers: str) -> Callable[[Route], None]:
    """Answer as something in front of the service does: without a problem document."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda route: route.fulfill(status=status, headers=named, content_type="text/html", body="<h1>no</h1>")


def sent(visit: Visit, method: str = "POST") -> list[str]:
    """Collect the keys of the requests that change something."""
    keys: list[str] = []

    def note(request: Request) -> None:
        if request.method == method:
            keys.append(request.headers["idempotency-key"])

    visit.page.on("request", note)
    return keys


def open_first(page: Page) -> None:
    """Open the first thing of a list."""
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.get_by_role("button", name="Delete")).to_be_visible()


def test_the_focus_returns_to_where_it_was(enter: Enter) -> None:
    visit = enter("administrator")
    page = visit.go("/policies")
    page.get_by_role("table").get_by_role("link").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()  # the link is gone with its page

    page.get_by_role("button", name="Pause").focus()
    for key, opens, back in (
        ("Enter", "Pause", page.get_by_role("button", name="Pause")),
        ("Control+k", "Go to a page or a Cloud PC", page.get_by_role("button", name="Pause")),
        ("?", "Keyboard", page.get_by_role("button", name="Pause")),
    ):
        page.keyboard.press(key)
        expect(page.get_by_role("dialog", name=opens)).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(back).to_be_focused()

    visit.go("/cloud-pcs")
    page.get_by_role("table").get_by_role("link").first.click()
    more = page.get_by_role("button", name="More actions")
    more.click()
    page.get_by_role("menuitem", name="Change the account type").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(more).to_be_focused()


def test_tab_goes_round_the_whole_page_after_a_navigation(enter: Enter) -> None:
    visit = enter("administrator")
    page = visit.go()
    for name in ("Users", "Cloud PCs", "Operations"):
        page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        for _ in range(2):  # from the last control to the first one again, twice
            page.get_by_role("main").locator("a[href], button, input").last.focus()
            reached = []
            for _ in range(60):
                page.keyboard.press("Tab")
                reached.append(page.evaluate(_PART))
                if reached[-1] == "MAIN CONTROL":
                    break
            assert "HEADER" in reached, f"{name}: {reached}"
            assert "NAV" in reached, f"{name}: {reached}"
            assert "MAIN" not in reached, f"{name}: {reached}"


def test_a_page_that_was_not_loaded_comes_when_the_network_does(enter: Enter) -> None:
    visit = enter("administrator")
    visit.allowed = ("ERR_INTERNET_DISCONNECTED", "dynamically imported module", "React Router")
    page = visit.go()
    page.context.set_offline(True)
    page.get_by_role("navigation").get_by_role("link", name="Images", exact=True).click()
    expect(page.get_by_role("heading", name="This page cannot be shown")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="Images", level=1)).to_be_visible()


def test_a_link_in_a_new_tab_is_the_same_person(enter: Enter, office: Office) -> None:
    page = enter("administrator").go("/cloud-pcs")
    link = page.get_by_role("table").get_by_role("link").first
    with page.context.expect_page() as opened:
        link.click(modifiers=["Control"])
    heading = opened.value.get_by_role("heading", name=link.inner_text(), level=1)
    # Playwright's own wait waits for a navigation that it believes to go on when the tab was slow to begin.
    office.until(heading.is_visible, says="the page of the new tab is there")


def test_a_screen_reader_hears_news_and_not_the_time(enter: Enter) -> None:
    visit = enter("administrator")
    page = visit.go("/cloud-pcs")
    as_of = page.get_by_text("As of")
    expect(as_of).to_be_visible()
    assert as_of.evaluate("(at) => at.closest('output, [role=status], [aria-live]')") is None
    page.get_by_role("table").get_by_role("checkbox").nth(1).check()
    page.get_by_role("button", name="Choose an action").click()
    page.get_by_role("menuitem", name="Restart").click()
    page.get_by_role("button", name="Preview").click()
    said = page.get_by_role("dialog").get_by_role("status").filter(has_text="Possible on 1 Cloud PC.")
    expect(said).to_be_attached()


def test_a_page_begins_at_its_top_and_the_one_before_where_it_was_left(enter: Enter) -> None:
    page = enter("administrator").go()
    expect(page.get_by_role("heading", name="Get started")).to_be_visible()
    page.set_viewport_size({"width": 700, "height": 400})  # the navigation makes a wide page long
    page.wait_for_function("() => { scrollTo(0, 250); return scrollY === 250 }")  # it grows while its cards are read
    expect(page.get_by_role("main").get_by_label("Loading")).to_have_count(0)  # what is read later moves the place
    link = page.get_by_role("link", name="Everybody")
    link.evaluate(_NOTE_PLACE)
    link.click()
    expect(page.get_by_role("heading", name="Cloud PCs", level=1)).to_be_visible()
    page.go_back()
    page.wait_for_function("() => scrollY === +sessionStorage.place")
    page.go_forward()
    expect(page.get_by_role("heading", name="Cloud PCs", level=1)).to_be_visible()
    page.reload()  # nothing of Home is known any more
    expect(page.get_by_role("heading", name="Cloud PCs", level=1)).to_be_visible()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/summary", hold)
    page.go_back()
    expect(page.get_by_role("heading", name="Get started")).to_be_visible()
    page.wait_for_function("() => scrollY < +sessionStorage.place")  # the page is too short
    page.unroute("**/summary")
    for each in held:
        each.continue_()
    page.wait_for_function("() => scrollY === +sessionStorage.place")
    page.get_by_role("link", name="Create a connection").click()
    expect(page.get_by_role("heading", name="Create Connection", level=1)).to_be_visible()
    page.wait_for_function("() => scrollY === 0")


def test_what_is_done_at_once_says_that_it_is_asked_and_is_asked_once(enter: Enter) -> None:
    visit = enter("administrator")
    page = visit.go("/connections")
    open_first(page)
    keys = sent(visit)
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route("**/runHealthChecks", hold)
    check = page.get_by_role("button", name="Check now")
    check.dblclick()
    expect(page.get_by_text("Check now: the service is asked.")).to_be_visible()
    check.click()
    assert len(keys) == 1
    waiting.pop().continue_()
    expect(page.get_by_text(re.compile("Check now: (in progress|done)"))).to_be_visible()
    assert (len(keys), waiting) == (1, [])


def test_what_got_no_answer_is_sent_again_as_the_same_request(enter: Enter) -> None:
    visit = enter("administrator")
    visit.allowed = (REFUSED,)
    page = visit.go("/connections")
    open_first(page)
    keys = sent(visit)
    check = page.get_by_role("button", name="Check now")
    page.route("**/runHealthChecks", lambda route: route.abort())
    check.click()
    expect(page.get_by_role("alert")).to_contain_text("The service cannot be reached")
    page.unroute("**/runHealthChecks")
    page.route("**/runHealthChecks", answers(504))
    check.click()
    expect(page.get_by_role("alert")).to_contain_text("look first whether it was done all the same")
    page.unroute("**/runHealthChecks")
    check.click()
    expect(page.get_by_text(re.compile("Check now: (in progress|done)"))).to_be_visible()
    assert (len(keys), len(set(keys))) == (3, 1)


def test_without_a_network_nobody_waits_for_nothing(enter: Enter) -> None:
    visit = enter("administrator")
    visit.allowed = (REFUSED,)
    page = visit.go("/connections")
    open_first(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_role("alert")).to_contain_text("The service cannot be reached")
    page.get_by_role("link", name="Audit").click()
    expect(page.get_by_role("alert")).to_contain_text("A part of the portal could not be loaded.")
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="Audit", level=1)).to_be_visible()  # it is loaded by itself


def test_what_was_deleted_is_said_where_the_list_is(enter: Enter, open_office: OpenOffice) -> None:
    office = open_office("quarry")
    office.connection("North")
    visit = enter("administrator", at=office)
    page = visit.go("/connections")
    open_first(page)
    visit.act("Delete", typed="North")
    expect(visit.told("Delete North: done.")).to_be_visible()
    expect(page.get_by_text("No connection yet")).to_be_visible()
    page.get_by_role("link", name="Images", exact=True).click()
    expect(page.get_by_text("Delete North")).to_have_count(0)


def test_a_wait_says_why_and_how_long(enter: Enter) -> None:
    visit = enter("reader")
    visit.allowed = (REFUSED,)
    page = visit.page
    page.route(POLICIES, answers(429, Retry_After="30"))
    visit.go("/policies")
    expect(page.get_by_text("Too many requests. It is asked again in 30 s.")).to_be_visible()
    page.unroute(POLICIES)
    page.route(POLICIES, answers(503, Retry_After="600"))
    visit.go("/policies")  # too long to wait for
    expect(page.get_by_role("alert")).to_contain_text("The service is not available")
    expect(page.get_by_role("alert")).to_contain_text("The service asks to wait 600 s.")
    page.unroute(POLICIES)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("table")).to_be_visible()


def test_rights_that_could_not_be_read_are_not_called_missing(enter: Enter) -> None:
    visit = enter("administrator")
    visit.allowed = (REFUSED,)
    page = visit.go("/policies")
    address = page.get_by_role("table").get_by_role("link").first.get_attribute("href") or ""
    page.route("**/api/me", answers(400))
    page.goto(f"{visit.office.stack.addresses.api}{address}")
    page.get_by_role("button", name="Pause").focus()
    expect(page.get_by_role("tooltip").first).to_contain_text("Your roles could not be read.")


def test_a_need_that_is_not_known_is_not_called_nothing(enter: Enter) -> None:
    visit = enter("reader")
    visit.allowed = (REFUSED,)
    visit.page.route("**/licenses", answers(400))
    page = visit.go()
    expect(page.get_by_role("alert")).to_contain_text("Not valid")
    expect(page.get_by_text("Nothing needs attention.", exact=True)).to_have_count(0)


def test_rows_that_could_not_be_read_are_said_and_read_again(enter: Enter) -> None:
    visit = enter("reader")
    visit.allowed = (REFUSED,)
    page = visit.page
    office = visit.office
    one = office.portal.ask("GET", f"{office.graph}/cloudPCs?$top=1").body["value"][0]
    rows = [{**one, "id": f"{number:020}", "displayName": f"Row {number}"} for number in range(40)]
    asked: list[str] = []

    def pages(route: Route) -> None:
        if "skiptoken" not in route.request.url:
            found = {"value": rows[:20], "@odata.count": 40, "@odata.nextLink": f"{route.request.url}&$skiptoken=two"}
            route.fulfill(content_type="application/json", body=json.dumps(found))
            return
        asked.append(route.request.url)
        if len(asked) == 1:
            route.fulfill(status=400, body="")
        else:
            route.fulfill(content_type="application/json", body=json.dumps({"value": rows[20:]}))

    page.route("**/cloudPCs?*", pages)
    visit.go("/cloud-pcs")
    expect(page.get_by_role("alert")).to_contain_text("Not valid")
    assert len(asked) == 1
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("table")).to_have_attribute("aria-rowcount", "41")


def test_a_tenant_is_chosen_from_a_page_of_no_tenant(enter: Enter, open_office: OpenOffice) -> None:
    open_office("orchard")
    visit = enter("provider")
    visit.page.goto(f"{visit.office.stack.addresses.api}/portal/my")
    choice = visit.page.get_by_role("combobox", name="Tenant")
    expect(choice).to_have_value("")
    first = choice.get_by_role("option").nth(1).get_attribute("value")
    choice.select_option(first)
    expect(visit.page).to_have_url(re.compile(f"/portal/t/{first}$"))


def test_a_page_that_is_read_has_not_the_title_of_the_one_before(enter: Enter) -> None:
    page = enter("administrator").go("/policies")
    expect(page).to_have_title("Provisioning policies - Deskwright")
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route("**/provisioningPolicies/*", hold)
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page).to_have_title("Loading - Deskwright")
    waiting.pop().continue_()
    expect(page).to_have_title("Everybody - Deskwright")


def test_a_click_beside_a_dialog_does_not_throw_away_what_was_written(enter: Enter) -> None:
    page = enter("administrator").go("/policies")
    open_first(page)
    page.get_by_role("button", name="Pause").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Reason").fill("new network")
    page.mouse.click(5, 5)
    expect(dialog.get_by_role("textbox", name="Reason")).to_have_value("new network")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    page.get_by_role("button", name="Assign groups").click()
    dialog.get_by_role("textbox", name="Search groups").fill("no such group")
    expect(dialog.get_by_text("No group name begins with this.")).to_be_visible()
    expect(dialog.get_by_role("checkbox")).to_have_count(1)  # the one that is assigned stays


def test_a_text_that_could_not_be_copied_is_not_called_copied(enter: Enter) -> None:
    visit = enter("administrator")
    refuse = (
        "Object.defineProperty(navigator, 'clipboard', { value: { writeText: () => Promise.reject(new Error()) } })"
    )
    visit.page.add_init_script(refuse)
    page = visit.go("/cloud-pcs?status=provisioned")
    page.get_by_role("table").get_by_role("link").first.click()
    page.get_by_role("button", name="Show how to sign in").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Not copied: select the text")).to_be_visible()
