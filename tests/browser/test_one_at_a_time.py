"""The portal on a host that answers one request at a time: every page is there whole, only later.

A plan that scales each function gives an instance of a Python app one request at a time, unless the app says otherwise.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from local.options import StackOptions
from local.people import offered
from local.stack import Stack
from packages.azure_simulator.tests.answers import SPECIFICATION
from tests.browser.conftest import MORNING, Enter
from tests.browser.furnishing import furnish
from tests.browser.pages import addresses
from tests.browser.test_states import come
from tests.e2e.office import Office

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A service of which one request is answered at a time."""
    options = StackOptions(begins=MORNING, speed=60.0, specification=SPECIFICATION, http_concurrency=1)
    with Stack(tmp_path_factory.mktemp("stack"), options) as running:
        yield running


@pytest.fixture(scope="module")
def people(stack: Stack) -> Iterator[str]:
    """The address of the page on which people are chosen."""
    with offered(stack) as address:
        yield address


@pytest.fixture(scope="module")
def office(stack: Stack) -> Office:
    """A tenant with something on every page."""
    return furnish(stack)


def test_every_page_is_whole_where_one_request_is_answered_at_a_time(enter: Enter, office: Office) -> None:
    visit = enter("provider")
    for name, address in addresses(office).items():
        page = come(visit, address)
        expect(page.get_by_role("heading", level=1), name).to_have_count(1)
        expect(page.get_by_role("alert"), name).to_have_count(0)
