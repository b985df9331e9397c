"""Lighthouse rates the bundle as the service serves it: Home, a list, a Cloud PC, a wizard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.lighthouse import rated, rater
from tests.e2e.office import Office

pytestmark = [pytest.mark.long, pytest.mark.timeout(2_400)]


def test_lighthouse_finds_nothing_to_mend(browser: Browser, people: str, office: Office) -> None:
    with rater(browser.browser_type, people, office) as lighthouse:
        found = {name: lighthouse.rate(path) for name, path in rated(office).items()}
    assert {name: each.misses() for name, each in found.items() if each.misses()} == {}
