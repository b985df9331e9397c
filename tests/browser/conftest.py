"""A real browser in front of the whole service. Whatever it writes to its console fails the test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

from local.options import StackOptions
from local.people import offered
from local.stack import Stack
from packages.azure_simulator.tests.answers import SPECIFICATION
from tests.browser.environment import AXE, find
from tests.e2e.office import SMALL, Office

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WIDTHS = {"wide": 1_280, "narrow": 320}
SHOTS = Path(__file__).resolve().parents[2] / ".run" / "screenshots"
"""Folder of the pictures of pages."""
_AXE_RUN = """() => axe.run({
  exclude: [['[data-tabster-dummy]']],
  rules: { 'target-size': { enabled: true } },
})"""
"""With the rule of WCAG 2.2 that axe leaves out by default."""
_STOP = """() => {
  const at = document.activeElement;
  if (at === null || at === document.body) return null;
  const box = at.getBoundingClientRect();
  const [left, top] = [Math.max(0, box.left), Math.max(0, box.top)];
  const [right, bottom] = [Math.min(innerWidth, box.right), Math.min(innerHeight, box.bottom)];
  const top_one = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  const seen = right > left && bottom > top && top_one !== null && (at.contains(top_one) || top_one.contains(at));
  const place = [...document.querySelectorAll('*')].indexOf(at);
  return { place, seen, what: at.outerHTML.slice(0, 160) };
}"""
_CONTROLS = "() => document.querySelectorAll('main a[href], main button, main input, main select').length"
_SPEED = 60.0
_PATIENCE_MS = 30_000
"""Milliseconds that a page may take, in real time, on a machine that does other things too."""

expect.set_options(timeout=_PATIENCE_MS)

_AT_REST = "() => document.getAnimations().every((each) => !(each instanceof CSSTransition))"

Enter = Callable[..., "Visit"]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The service, with the portal of ``make run``."""
    options = StackOptions(begins=MORNING, speed=_SPEED, specification=SPECIFICATION)
    with Stack(tmp_path_factory.mktemp("stack"), options) as running:
        yield running


@pytest.fixture(scope="session")
def people(stack: Stack) -> Iterator[str]:
    """The address of the page on which people are chosen."""
    with offered(stack) as address:
        yield address


@pytest.fixture(scope="session")
def office(stack: Stack) -> Office:
    """A tenant with three Cloud PCs that are ready."""
    office = Office(stack, stack.portal(), "harbour").open()
    members = [office.user(number, SMALL) for number in (1, 2, 3)]
    connection = office.connection()
    office.policy("Everybody", connection, office.group("staff", *members))
    for member in members:
        office.settled(member)
    return office


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; it checks everything that a user's checks."""
    found = find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.program, env=found.variables(), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def open_office(stack: Stack) -> Callable[..., Office]:
    """Open a tenant of a test's own: its name, and settings."""
    return lambda name, **settings: Office(stack, stack.portal(), name).open(settings)


class Visit:
    """A person in front of the portal: a tab of their own, and the lines of its console."""

    def __init__(self, page: Page, office: Office) -> None:
        self.page, self.office = page, office
        self.said: list[str] = []
        self.allowed: tuple[str, ...] = ()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.said.append(f"page error: {error}"))

    def go(self, path: str = "") -> Page:
        """Open a page of the tenant: `/cloud-pcs?status=failed`."""
        self.page.goto(f"{self.office.stack.addresses.api}/portal/t/{self.office.name}{path}")
        return self.page

    def act(self, name: str, *, typed: str | None = None, more: bool = False) -> None:
        """Do an action of the page, in the menu of *more* or by its own button; *typed* is what it wants typed."""
        if more:
            self.page.get_by_role("button", name="More actions").click()
            self.page.get_by_role("menuitem", name=name).click()
        else:
            self.page.get_by_role("button", name=name, exact=True).click()
        dialog = self.page.get_by_role("dialog").or_(self.page.get_by_role("alertdialog"))
        if typed is not None:
            dialog.get_by_role("textbox", name=f"Type {typed}").fill(typed)
        dialog.get_by_role("button", name=name, exact=True).click()

    def refuses(self, name: str) -> None:
        """Expect that an action is shown and not possible, as a button or in the menu of more."""
        button = self.page.get_by_role("button", name=name, exact=True)
        menu = self.page.get_by_role("button", name="More actions")
        expect(button.or_(menu).first).to_be_visible()
        if button.count() == 1:
            expect(button).to_be_disabled()
            return
        menu.click()
        expect(self.page.get_by_role("menuitem", name=name)).to_be_disabled()
        self.page.keyboard.press("Escape")

    def told(self, text: str) -> Locator:
        """Return the message in the corner that says that something was done; a screen reader has a copy of its own."""
        return self.page.get_by_role("list", name="What was done").get_by_text(text)

    def barriers(self) -> list[str]:
        """Return the violations that axe finds in the page: rule and place. An empty list is good."""
        self.page.wait_for_function(_AT_REST)  # a button that comes to its colour has too little contrast meanwhile
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate(_AXE_RUN)
        return [
            f"{each['id']}: {node['target']} {node['html'][:120]}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    def hidden_stops(self, most: int = 120) -> list[str]:
        """Walk through the page with Tab; return the places where nobody sees the focus. An empty list is good."""
        found, reached = [], set()
        self.page.evaluate("document.activeElement?.blur()")
        for _ in range(most):
            self.page.keyboard.press("Tab")
            stop = self.page.evaluate(_STOP)
            if stop is None or stop["place"] in reached:
                break
            reached.add(stop["place"])
            found += [] if stop["seen"] else [f"the focus is hidden: {stop['what']}"]
        missed = self.page.evaluate(_CONTROLS) - len(reached)
        return found if reached or missed <= 0 else ["no control is reached with Tab"]

    def picture(self, name: str) -> None:
        """Keep a picture of the whole page, for docs and for eyes."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    def unexpected(self) -> list[str]:
        """Return the lines of the console that no test has allowed."""
        return [line for line in self.said if not any(each in line for each in self.allowed)]

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.said.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")


@pytest.fixture
def enter(browser: Browser, people: str, office: Office) -> Iterator[Enter]:
    """Choose a person, and open the portal: ``enter("reader", width=320, dark=True)``."""
    visits: list[Visit] = []
    with ExitStack() as until:

        def entered(
            person: str, *, at: Office = office, width: int = WIDTHS["wide"], dark: bool = False, **more: Any
        ) -> Visit:
            context = browser.new_context(
                viewport={"width": width, "height": 800},
                color_scheme="dark" if dark else "light",
                reduced_motion="reduce",
                **{"timezone_id": "UTC", "locale": "en-GB", **more},
            )
            context.set_default_timeout(_PATIENCE_MS)
            until.callback(context.close)
            visit = Visit(context.new_page(), at)
            visits.append(visit)
            visit.page.goto(people)
            visit.page.locator(f'form[action="/{person}"] button').click()
            visit.page.wait_for_url("**/portal/**")
            expect(visit.page.get_by_role("banner")).to_be_visible()  # from here on the tab knows who it is
            return visit

        yield entered
        found = [line for visit in visits for line in visit.unexpected()]
    assert found == []
