"""The portal that a deployment contains: MSAL signs people in at the simulated Entra ID, with a code and PKCE."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from local.options import StackOptions
from local.people import offered
from local.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.long]

DEPLOYED = Path(__file__).resolve().parents[2] / "portal" / "dist"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The service with the bundle of a deployment, at the time of the browser: MSAL looks at its own clock."""
    assert (DEPLOYED / "index.html").exists(), "make portal builds it"
    options = StackOptions(begins=datetime.now(UTC), speed=1.0, settings={"DESKWRIGHT_PORTAL_FOLDER": str(DEPLOYED)})
    with Stack(tmp_path_factory.mktemp("deployed"), options) as stack, offered(stack):
        yield stack


@pytest.fixture
def page(browser: Browser, deployed: Stack) -> Iterator[Page]:
    """A tab that trusts the simulated cloud's certificate."""
    context = browser.new_context(ignore_https_errors=True, locale="en-GB", timezone_id="UTC")
    page = context.new_page()
    page.goto(f"{deployed.addresses.api}/")
    yield page
    context.close()


def sign_in(page: Page, name: str) -> None:
    """Sign in as somebody of the directory, who consents where they are asked."""
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=name).click()
    here = page.get_by_role("banner").get_by_role("button", name=name)
    accept = page.get_by_role("button", name="Accept", exact=True)
    expect(here.or_(accept)).to_be_visible()
    if accept.is_visible():
        accept.click()
    expect(here).to_be_visible()


def test_the_address_of_the_service_leads_to_signing_in_and_out(page: Page, deployed: Stack) -> None:
    sign_in(page, "Reader")
    assert page.url.startswith(f"{deployed.addresses.api}/portal/")
    assert "code=" not in page.url
    page.reload()
    expect(page.get_by_role("banner").get_by_role("button", name="Reader")).to_be_visible()
    page.get_by_role("banner").get_by_role("button", name="Reader").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.wait_for_url("**/portal/**")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_a_new_tab_is_signed_in_and_signing_out_is_for_all_tabs(page: Page, deployed: Stack) -> None:
    sign_in(page, "Reader")
    other = page.context.new_page()
    other.goto(f"{deployed.addresses.api}/portal/my")
    expect(other.get_by_role("heading", name="My Cloud PCs", level=1)).to_be_visible()
    secrets = other.evaluate("() => Object.values(localStorage).filter((each) => each.includes('secret')).length")
    assert secrets == 0, "tokens are kept in clear"
    other.get_by_role("banner").get_by_role("button", name="Reader").click()
    other.get_by_role("menuitem", name="Sign out").click()
    expect(other.get_by_role("button", name="Sign in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_a_link_leads_to_its_page_after_signing_in(page: Page, deployed: Stack) -> None:
    link = f"{deployed.addresses.api}/portal/my?from=a-colleague"
    page.goto(link)
    sign_in(page, "Reader")
    expect(page).to_have_url(link)
    expect(page.get_by_role("heading", name="My Cloud PCs", level=1)).to_be_visible()


def test_who_does_not_consent_stays_signed_out(page: Page) -> None:
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Provider administrator").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert")).to_contain_text("You were not signed in.")
    sign_in(page, "Provider administrator")


def test_a_service_that_does_not_say_how_to_sign_in_is_said(page: Page, deployed: Stack) -> None:
    page.route("**/api/configuration", lambda route: route.fulfill(status=503))
    page.goto(f"{deployed.addresses.api}/portal/")
    expect(page.get_by_role("alert")).to_contain_text("does not say how to sign in (status 503)")
    page.unroute("**/api/configuration")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_count(0)


FORGET_ACCESS_TOKENS = """() => {
  const found = Object.keys(localStorage).filter((key) => key.includes("accesstoken"));
  found.forEach((key) => localStorage.removeItem(key));
  return found.length;
}"""


def test_who_was_signed_in_too_long_ago_is_told_and_signs_in_again(page: Page, deployed: Stack) -> None:
    deployed.tell_cloud("config", {"signIn": {"spaRefreshSeconds": 0}})
    sign_in(page, "Operator")
    assert page.evaluate(FORGET_ACCESS_TOKENS) > 0
    page.reload()
    expect(page.get_by_text("Your sign-in has expired.").first).to_be_visible()
    deployed.tell_cloud("config", {"signIn": {}})
    page.get_by_role("button", name="Sign in again").first.click()
    page.get_by_role("button", name="Operator", exact=False).first.click()
    expect(page.get_by_role("banner").get_by_role("button", name="Operator")).to_be_visible()
