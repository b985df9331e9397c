"""A Spot Group from its image set to the end of a release, as an administrator clicks it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from local.stack import Stack
from tests.browser.conftest import WIDTHS, Enter, Visit
from tests.e2e.office import Office
from tests.e2e.test_spot_engine import sign_in

pytestmark = [pytest.mark.long, pytest.mark.timeout(1_200)]

OpenOffice = Callable[..., Office]
HURRY = 600.0
"""Simulated seconds per real second while something is built."""
LONG_MS = 240_000
"""Milliseconds for steps that wait for a build, in real time."""
STEP = re.compile(r"Step (\d+) of \d+")
BY_HAND, BY_RECIPE = "0.0.1", "0.0.2"
PASSWORD, CALLER = "Chosen-by-the-caller-7", "20.50.2.10"


def forward(visit: Visit, *, times: int = 1) -> None:
    """Go on in a wizard, each step without barriers."""
    for _ in range(times):
        main = visit.page.get_by_role("main")
        expect(main).to_contain_text(STEP)
        step = next(int(found[1]) for found in [STEP.search(main.inner_text())] if found)
        visit.page.get_by_role("button", name="Next", exact=True).click()
        expect(main).to_contain_text(f"Step {step + 1} of")
        expect(visit.page.get_by_role("button", name="Back", exact=True)).to_be_enabled()
        assert visit.barriers() == []


def save(visit: Visit, picture: str) -> None:
    """Save the reviewed form, and open the page of the result."""
    visit.picture(picture)
    visit.page.get_by_role("button", name="Save", exact=True).click()
    expect(visit.page.get_by_role("heading", name="Saved")).to_be_visible()
    assert visit.barriers() == []
    visit.page.get_by_role("link", name="Show it", exact=True).click()


def shown(visit: Visit, title: str, picture: str) -> Page:
    """Wait for a page, and look at it."""
    expect(visit.page.get_by_role("heading", level=1)).to_have_text(title)
    expect(visit.page.get_by_role("progressbar", name="Loading")).to_have_count(0)
    visit.picture(picture)
    assert visit.barriers() == []
    return visit.page


def table(page: Page, name: str) -> Locator:
    return page.get_by_role("table", name=name)


def part(page: Page, name: str) -> None:
    """Go to a part of the page of a Spot Group; a link to it shows the same."""
    tab = page.get_by_role("tab", name=name)
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")


def stage(page: Page) -> Locator:
    """Return the stage in which a release is."""
    return page.get_by_role("list", name="Release").locator("[aria-current=step]")


def test_a_spot_group_from_its_image_set_to_the_end_of_a_release(
    stack: Stack, open_office: OpenOffice, enter: Enter
) -> None:
    office = open_office("school")
    with stack.at_speed(HURRY):
        office.connection()
    first, *_ = users = [office.user(number) for number in (1, 2, 3)]
    office.group("crew", *users)
    visit = enter("administrator", at=office)
    make_image_set(visit)
    customise_a_version(visit, stack)
    make_group(visit, stack, users)
    sign_in(office, visit.page.url.partition("?")[0].rpartition("/")[2], first)
    look_at_the_host(visit, first)
    foresee_an_edit(visit)
    build_by_recipe(visit, stack)
    release(visit, stack, first)
    look_at_narrow_pages(enter("reader", at=office, width=WIDTHS["narrow"], dark=True))
    assert office.invariants() == []


def make_image_set(visit: Visit) -> None:
    page = visit.go("/image-sets")
    page.get_by_role("link", name="Create an image set").first.click()
    expect(page.get_by_role("combobox", name="Site")).to_have_value("main")  # the only one is chosen
    forward(visit)
    page.get_by_role("button", name="Next", exact=True).click()  # without a source
    expect(page.get_by_text("choose a marketplace image")).to_be_visible()
    page.get_by_role("combobox", name="Marketplace image").select_option(index=1)
    forward(visit)
    page.get_by_role("textbox", name="Name").fill("Teachers")
    forward(visit, times=3)
    expect(page.get_by_text("Version 0.0.0 exists at once")).to_be_visible()
    save(visit, "spot-image-set-review")
    shown(visit, "Teachers", "spot-image-set")
    expect(table(page, "Versions").get_by_role("row", name=re.compile("0.0.0 Available"))).to_be_visible()


def customise_a_version(visit: Visit, stack: Stack) -> None:
    page = visit.page
    page.get_by_role("link", name="Create a version").click()
    forward(visit, times=2)
    offered = page.get_by_role("combobox", name="Marketplace image").get_by_role("option")
    assert not [text for text in offered.all_inner_texts() if "single-session" in text]  # the set is for pooled hosts
    forward(visit, times=3)
    save(visit, "spot-image-version-review")
    page.get_by_role("link", name=BY_HAND).click()
    with stack.at_speed(HURRY):
        expect(page.get_by_text("What is next")).to_be_visible(timeout=LONG_MS)
    shown(visit, f"Version {BY_HAND}", "spot-image-version-customizing")

    page.get_by_role("button", name="Connect", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_label("Your IPv4 address").fill(CALLER)
    dialog.get_by_role("button", name="Connect", exact=True).click()
    with stack.at_speed(60.0):
        expect(page.get_by_text("Connect: done.")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("The way in is open")).to_be_visible()
    visit.act("Seal", typed=BY_HAND, more=True)
    with stack.at_speed(HURRY):
        expect(page.get_by_text("Seal: done.")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("No host uses it yet.")).to_be_visible()
    shown(visit, f"Version {BY_HAND}", "spot-image-version-available")
    visit.refuses("Seal")


def make_group(visit: Visit, stack: Stack, users: list[str]) -> None:
    page = visit.go("/spot-groups")
    page.get_by_role("link", name="Create a Spot Group").first.click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Classroom")
    page.get_by_role("textbox", name="Friendly name").fill("School desktop")
    forward(visit)
    page.get_by_role("textbox", name="Profile path").fill(r"\\files.contoso.com\profiles")
    forward(visit)
    page.get_by_role("spinbutton", name="Quantity").fill(str(len(users)))
    forward(visit, times=2)
    page.get_by_role("checkbox", name="school crew").check()
    forward(visit)
    page.get_by_role("combobox", name="Version").select_option(label=f"Teachers {BY_HAND}")
    forward(visit, times=5)
    expect(page.get_by_text(re.compile("1 session host will be built"))).to_be_visible()
    save(visit, "spot-group-review")
    expect(page.get_by_role("heading", level=1)).to_have_text("Classroom")
    part(page, "Hosts")
    with stack.at_speed(HURRY):
        host = table(page, "Hosts").get_by_role("row", name=re.compile("SPOT-"))
        expect(host).to_contain_text("Open", timeout=LONG_MS)
    shown(visit, "Classroom", "spot-group-hosts")
    part(page, "Members")
    for user in users:
        expect(table(page, "Members").get_by_role("row", name=re.compile(user))).to_contain_text("Entitled")
    shown(visit, "Classroom", "spot-group-ready")
    visit.refuses("Confirm removals")  # none waits: the service says so


def look_at_the_host(visit: Visit, user: str) -> None:
    page = visit.page
    part(page, "Today")
    expect(table(page, "Sessions").get_by_role("row", name=re.compile(user))).to_contain_text("SPOT-")
    read_the_day(page)
    part(page, "Hosts")
    table(page, "Hosts").get_by_role("button", name=re.compile("SPOT-")).click()
    expect(page.get_by_role("menuitem", name="Restart")).to_be_enabled()
    page.keyboard.press("Escape")
    name = table(page, "Hosts").get_by_role("link").first
    title = name.inner_text()
    name.click()
    shown(visit, title, "spot-host")
    page.get_by_role("button", name="Drain", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Drain").click()
    expect(page.get_by_role("button", name="Undrain")).to_be_enabled()
    page.get_by_role("button", name="Undrain").click()
    expect(page.get_by_role("button", name="Drain", exact=True)).to_be_enabled()
    page.get_by_role("link", name="To the Spot Group").click()
    part(page, "Members")
    page.get_by_role("textbox", name="User").fill(user)
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_text("hosts are online, with")).to_be_visible()


def read_the_day(page: Page) -> None:
    """Read the chart with the keyboard, then as a table."""
    day = page.get_by_role("slider", name=re.compile("The last 24 hours"))
    day.press("Home")
    expect(day).to_have_attribute("aria-valuenow", "0")
    expect(day).to_have_attribute("aria-valuetext", re.compile("Sessions .*, Seats .*, Hosts online "))
    page.get_by_role("button", name="Show as a table").click()
    expect(table(page, "The last 24 hours").get_by_role("columnheader", name="Hosts online")).to_be_visible()


def foresee_an_edit(visit: Visit) -> None:
    """The removals of a lower quantity are shown before anything is saved."""
    page = visit.page
    page.get_by_role("link", name="Edit", exact=True).click()
    forward(visit, times=2)
    expect(page.get_by_role("spinbutton", name="Quantity")).to_have_value("3")
    page.get_by_role("spinbutton", name="Quantity").fill("1")
    forward(visit, times=6)
    expect(page.get_by_text("2 would lose the access")).to_be_visible()
    visit.picture("spot-group-edit-foreseen")
    assert visit.barriers() == []


def build_by_recipe(visit: Visit, stack: Stack) -> None:
    """The recipe comes after the set; the version that it builds needs no hands."""
    page = visit.go("/image-sets")
    page.get_by_role("link", name="Teachers").click()
    page.get_by_role("link", name="Edit", exact=True).click()
    forward(visit, times=2)
    page.get_by_role("group", name="Steps").get_by_role("button", name="Add").click()
    page.get_by_role("textbox", name="Name").fill("7-Zip")
    page.get_by_role("button", name="Next", exact=True).click()  # neither a script nor a package
    expect(page.get_by_text("write a script or the packageId")).to_be_visible()
    page.get_by_role("textbox", name="Package", exact=True).fill("7zip.7zip")
    forward(visit, times=2)
    expect(page.get_by_text("Changes: Recipe.")).to_be_visible()
    save(visit, "spot-recipe-review")
    expect(page.get_by_text("7-Zip (7zip.7zip)")).to_be_visible()
    page.get_by_role("link", name="Create a version").click()
    forward(visit, times=3)
    expect(page.get_by_role("switch", name="By recipe")).to_be_checked()
    forward(visit, times=2)
    save(visit, "spot-recipe-version-review")
    with stack.at_speed(HURRY):
        built = table(page, "Versions").get_by_role("row", name=re.compile(BY_RECIPE))
        expect(built).to_contain_text("Available", timeout=LONG_MS)
    expect(built).to_contain_text("Tested")


def release(visit: Visit, stack: Stack, user: str) -> None:
    page = visit.go("/spot-groups")
    page.get_by_role("link", name="Classroom").click()
    page.get_by_role("link", name="Release a version").click()
    forward(visit)
    page.get_by_role("combobox", name="Version").select_option(label=f"Teachers {BY_RECIPE}")
    forward(visit)
    page.get_by_role("combobox", name="Release method").select_option("immediate")
    forward(visit)
    expect(page.get_by_text(f"One host of version {BY_RECIPE} is built and tried first")).to_be_visible()
    save(visit, "spot-release-review")
    expect(page.get_by_text(f"Release of version {BY_RECIPE}: in progress.")).to_be_visible()
    expect(stage(page)).to_contain_text("The first host is built and tried")
    expect(page.get_by_role("definition").filter(has_text=re.compile("^0 of [12]$"))).to_be_visible()  # hosts moved
    shown(visit, "Classroom", "spot-release-running")
    with stack.at_speed(60.0):
        expect(stage(page)).to_contain_text("Users move to the new hosts", timeout=LONG_MS)
    visit.picture("spot-release-moving")
    part(page, "Releases")
    with stack.at_speed(HURRY):
        done = table(page, "Releases so far").get_by_role("row", name=re.compile(f"{BY_HAND} → {BY_RECIPE}"))
        expect(done).to_contain_text("Succeeded", timeout=LONG_MS)
    expect(page.get_by_role("link", name=f"Go back to the version before ({BY_HAND})")).to_be_visible()
    shown(visit, "Classroom", "spot-release-over")
    part(page, "Hosts")
    expect(table(page, "Hosts").get_by_role("row", name=re.compile("SPOT-"))).to_have_count(1)
    expect(table(page, "Hosts").get_by_role("row", name=re.compile("SPOT-"))).to_contain_text(BY_RECIPE)
    part(page, "Today")
    expect(table(page, "Decisions of the engine").get_by_role("row", name=re.compile("Sign off"))).to_be_visible()
    expect(table(page, "Sessions").get_by_role("row", name=re.compile(user))).to_have_count(0)


def look_at_narrow_pages(visit: Visit) -> None:
    """A reader sees the group, a host, the image set and a version on a telephone in the dark, and may do nothing."""
    page = visit.go("/spot-groups")
    page.get_by_role("link", name="Classroom").click()
    shown(visit, "Classroom", "spot-group-narrow")
    expect(page.get_by_role("button", name="Pause")).to_be_disabled()
    part(page, "Hosts")
    host = page.get_by_role("list", name="Hosts").get_by_role("link").first
    title = host.inner_text()
    host.click()
    shown(visit, title, "spot-host-narrow")
    expect(page.get_by_role("button", name="Restart")).to_be_disabled()
    page.get_by_role("link", name=BY_RECIPE).click()
    shown(visit, f"Version {BY_RECIPE}", "spot-image-version-narrow")
    expect(page.get_by_role("button", name="Connect", exact=True)).to_be_disabled()
    page.get_by_role("link", name="To the image set").click()
    shown(visit, "Teachers", "spot-image-set-narrow")
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS["narrow"]
