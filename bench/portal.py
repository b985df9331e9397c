"""The portal's budgets in a headless browser with 10,000 Cloud PCs in the list, in real milliseconds.

The answers of the API are made here, so that the figures are the portal's own. ``portal:10000`` is how many Cloud PCs.
``make portal/dist-local/index.html`` and ``make .tools/browser/installed`` come first.
"""

from __future__ import annotations

import base64
import json
import statistics
import time
import urllib.parse
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route, sync_playwright

from bench.figures import Figure, Missing
from tests.browser.environment import InstallError, find

BUNDLE = Path(__file__).resolve().parents[1] / "portal" / "dist-local"
_ORIGIN = "http://portal.example"
_FIRST_ROW_MS, _SELECT_MS, _NODES = 1_500.0, 150.0, 1_500.0
"""The budgets: until the first row is there, until a selected row is drawn, nodes in the page."""
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_VISITS = 5
_SELECTIONS = 15
_MOMENT = "2026-03-02T08:00:00Z"
_DRAWN = "(box) => new Promise((done) => { const began = performance.now(); box.click(); requestAnimationFrame(() =>"
_DRAWN += " requestAnimationFrame(() => done(performance.now() - began))); })"


def main(count: str = "10000") -> list[Figure | Missing]:
    """Measure the list of Cloud PCs. Returns: milliseconds and nodes against their budgets."""
    names = [
        "portal: until the first row / 1.5 s",
        "portal: until a selected row is drawn / 150 ms",
        "portal: nodes in the page / 1,500",
    ]
    try:
        found = find()
    except InstallError as missing:
        return [Missing(name, str(missing)) for name in names]
    if not (BUNDLE / "index.html").exists():
        return [Missing(name, "make portal/dist-local/index.html builds the portal") for name in names]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.program, env=found.variables(), args=["--no-sandbox"]
        )
        firsts = [_first_row(browser, int(count)) for _ in range(_VISITS)]
        page = _opened(browser, int(count))
        _read_all(page, int(count))
        boxes = page.locator("tbody input[type=checkbox]").element_handles()
        selects = [float(page.evaluate(_DRAWN, boxes[index])) for index in range(_SELECTIONS)]
        page.get_by_text(f"{_SELECTIONS} Cloud PCs are selected.").wait_for()
        nodes = float(page.evaluate("document.querySelectorAll('*').length"))
        browser.close()
    note = f"{count} Cloud PCs; the answers are made by the benchmark"
    return [
        Figure(names[0], statistics.median(firsts), _FIRST_ROW_MS, "ms", _VISITS, 1.0, note),
        Figure(names[1], statistics.median(selects), _SELECT_MS, "ms", _SELECTIONS, 1.0, note),
        Figure(names[2], nodes, _NODES, "nodes", 1, 1.0, note),
    ]


def _first_row(browser: Browser, count: int) -> float:
    began = time.perf_counter()
    page = _opened(browser, count)
    page.locator("tbody tr").first.wait_for()
    took = (time.perf_counter() - began) * 1_000
    page.context.close()
    return took


def _opened(browser: Browser, count: int) -> Page:
    """Open the list as a signed-in user; answer all requests from here."""
    page = browser.new_context(viewport={"width": 1_280, "height": 800}, reduced_motion="reduce").new_page()
    page.route(f"{_ORIGIN}/**", lambda route: _answer(route, count))
    said = {"chosen-token": _token(), "chosen-page": f"{_ORIGIN}/"}
    page.goto(f"{_ORIGIN}/portal/t/bench/cloud-pcs#{urllib.parse.urlencode(said)}")
    return page


def _read_all(page: Page, count: int) -> None:
    """Scroll until every page of the list has been read."""
    page.locator("tbody tr").first.wait_for()
    table = f"table[aria-rowcount='{count + 1}']"
    while page.locator(table).count() == 0:
        page.evaluate("() => { const frame = document.querySelector('section[tabindex]'); frame.scrollTop += 1e7; }")
        page.wait_for_timeout(20)
    page.evaluate("() => { document.querySelector('section[tabindex]').scrollTop = 0; }")
    page.locator("tbody tr[aria-rowindex='2']").wait_for()


def _answer(route: Route, count: int) -> None:
    address = urllib.parse.urlsplit(route.request.url)
    if address.path.startswith("/api"):
        query = dict(urllib.parse.parse_qsl(address.query))
        found = _api(address.path, query, count)
        route.fulfill(json=found or {}, status=200 if found is not None else 404)  # a page lives without the rest
        return
    file = BUNDLE / address.path.removeprefix("/portal/")
    if not file.is_file():
        file = BUNDLE / "index.html"
    route.fulfill(body=file.read_bytes(), content_type=_TYPES[file.suffix])


def _api(path: str, query: dict[str, str], count: int) -> dict[str, Any] | None:
    """Answer the requests of the list as the service does; return None for all others."""
    if path == "/api/me":
        verbs = ["cloudPCs/read", "bulkActions/create"]
        tenant = {"id": "bench", "displayName": "Bench", "roles": ["CloudPC.Operator"]}
        return {
            "id": "me",
            "name": "Bench",
            "verbs": [f"Microsoft.CloudPC/{verb}" for verb in verbs],
            "tenants": [tenant],
        }
    if path.endswith("/summary"):
        shares: dict[str, Any] = {
            name: [] for name in ("provisioningPolicies", "servicePlans", "regions", "connections")
        }
        return {
            "total": count,
            "statuses": {"provisioned": count},
            "removalsWaiting": 0,
            "machinesGone": 0,
            "sharedMissing": 0,
            "spot": {"removalsHeld": 0, "hostsBroken": 0, "releasesStopped": 0},
            **shares,
        }
    if path.endswith("/changes"):
        return {"versions": {}}
    if not path.endswith("/cloudPCs"):
        return None
    first = int(query.get("$skiptoken", "0"))
    last = min(first + int(query["$top"]), count)
    following = f"{_ORIGIN}{path}?$skiptoken={last}"
    rows = [_row(number) for number in range(first, last)]
    return {"value": rows, "@odata.count": count, **({"@odata.nextLink": following} if last < count else {})}


def _row(number: int) -> dict[str, Any]:
    return {
        "id": f"pc{number}",
        "displayName": f"Office - User {number}",
        "userPrincipalName": f"user{number}@contoso.example",
        "status": "provisioned",
        "provisioningPolicyName": "Office",
        "servicePlanName": "Cloud PC Enterprise 2vCPU/8GB/128GB",
        "deviceRegionName": "westeurope",
        "lastModifiedDateTime": _MOMENT,
    }


def _token() -> str:
    claims = {"exp": 4_102_444_800, "oid": "me", "name": "Bench"}
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}."
