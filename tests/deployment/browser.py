"""A browser for `az login`: it opens an address and signs a person in on the pages of the simulated Entra ID.

python -m tests.deployment.browser <address> <person> <bundle of certificates>
"""

import sys
from urllib.parse import urlsplit

import requests

from packages.azure_simulator.tests.contract.browser import Browser


def main(address: str, person: str, bundle: str) -> None:
    """Sign in, consent, and bring the answer to the address at which the client waits."""
    parts = urlsplit(address)
    browser = Browser(f"{parts.scheme}://{parts.netloc}", bundle).open(address)
    browser.choose(person)
    if not browser.at and browser.forms and browser.forms[0].buttons:
        browser.press("user")
    if browser.at:
        requests.get(browser.at, timeout=30)
    elif browser.forms and browser.forms[0].action.startswith("http://localhost"):
        requests.post(browser.forms[0].action, browser.forms[0].fields, timeout=30)
    else:
        raise SystemExit(f"not signed in: {browser.status} {browser.text[:300]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
