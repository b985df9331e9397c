"""All pages of the portal, as its own list of routes has them, and where each is in a furnished tenant."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.office import Office

_ROOT = Path(__file__).resolve().parents[2]
ROUTES = _ROOT / "portal" / "src" / "app" / "pages.tsx"
API = _ROOT / "docs" / "openapi.json"
NOBODY = "00000000-0000-4000-8000-000000000000"
"""An id that nothing has."""
_ROUTE = re.compile(r'^  (?:"([^"]*)"|([\w-]+)): async', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Route:
    """One route of the portal: its path below ``/portal/t/{tenant}/``, or below ``/portal/`` for those of no tenant."""

    path: str
    of_tenant: bool

    @property
    def name(self) -> str:
        """Its name in tests and pictures."""
        name = re.sub(r"\W+", "-", self.path.replace(":", "")).strip("-") or "home"
        return name if self.of_tenant else f"service-{name}"

    @property
    def has_id(self) -> bool:
        """Whether it shows one thing."""
        return ":" in self.path


def routes() -> list[Route]:
    """Read the routes from the portal's source: a new page is in every test at once."""
    text = ROUTES.read_text()
    tenants, _, others = text.partition("const ELSEWHERE")
    found = [
        Route(quoted or plain, of_tenant)
        for part, of_tenant in ((tenants, True), (others, False))
        for quoted, plain in _ROUTE.findall(part)
    ]
    assert len(found) == text.count('import("../features/'), "a route that this does not read"
    return found


def _first(office: Office, collection: str, key: str = "id") -> str:
    """Return the id of the first of a collection."""
    return str(next(iter(office.portal.pages(f"{office.base}{collection}")))[key])


_GRAPH = "/beta/deviceManagement/virtualEndpoint"
_COLLECTIONS: Mapping[str, str] = {
    "cloud-pcs/:id": f"{_GRAPH}/cloudPCs?$filter=status%20eq%20'failed'",
    "policies/:id": f"{_GRAPH}/provisioningPolicies",
    "connections/:id": f"{_GRAPH}/onPremisesConnections",
    "images/:id": f"{_GRAPH}/deviceImages",
    "image-sets/:id": f"{_GRAPH}/imageSets",
    "spot-groups/:id": f"{_GRAPH}/spotGroups",
    "notice-endpoints/:id": "/noticeEndpoints",
    "scripts/:id": f"{_GRAPH}/deviceManagementScripts",
    "operations/:id": "/operations",
    "bulk-actions/:id": "/bulkActions",
    "audit/:id": f"{_GRAPH}/auditEvents",
}
"""The routes of one thing, and where the API lists such things."""
_PARTS: Mapping[str, tuple[str, str, str]] = {
    "image-sets/:id/versions/:number": ("image-sets/:id", f"{_GRAPH}/imageSets/{{id}}/versions", "version"),
    "spot-groups/:id/hosts/:host": ("spot-groups/:id", f"{_GRAPH}/spotGroups/{{id}}/hosts", "id"),
}
"""The routes of a part of such a thing: the thing, where its parts are listed, and what names one."""
_EDITS: Mapping[str, str] = {
    "edit-connection": "connections/:id",
    "edit-provisioning-policy": "policies/:id",
    "edit-spot-group": "spot-groups/:id",
    "update-spot-group": "spot-groups/:id",
    "create-image-version": "image-sets/:id",
}


def addresses(office: Office) -> dict[str, str]:
    """Return the address of every page in a furnished tenant: its name -> its path below ``/portal``."""
    own = f"/t/{office.name}"
    ids = {path: _first(office, collection) for path, collection in _COLLECTIONS.items()}
    found: dict[str, str] = {}
    for route in routes():
        if route.path == "wizards/:wizard":
            found |= {name: f"{own}{path}" for name, path in _wizards(ids).items()}
        elif route.path in _PARTS:
            whole, listed, key = _PARTS[route.path]
            part = _first(office, listed.format(id=ids[whole]), key)
            found[route.name] = f"{own}/{route.path.replace(':id', ids[whole]).rpartition('/')[0]}/{part}"
        elif route.has_id:
            found[route.name] = f"{own}/{route.path.replace(':id', ids[route.path])}"
        else:
            found[route.name] = f"{own if route.of_tenant else ''}/{route.path}".rstrip("/")
    asked = {"users": f"{own}/users?user={office.named(1)}", "service-audit": f"/audit?tenantId={office.name}"}
    return {**found, **asked}


def lists(office: Office) -> dict[str, str]:
    """Return the pages that show something before anything was made."""
    plain = [route for route in routes() if route.of_tenant and not route.has_id]
    return {route.name: f"/t/{office.name}/{route.path}".rstrip("/") for route in plain}


def gone(office: Office) -> dict[str, str]:
    """Return the pages of one thing, at the address of a thing that is not there."""
    shown = [route for route in routes() if route.has_id]
    return {route.name: f"/t/{office.name}/{re.sub(r':[a-z]+', NOBODY, route.path)}" for route in shown}


def _wizards(ids: Mapping[str, str]) -> dict[str, str]:
    """Return every wizard of the API; a wizard that edits with the id of an existing record."""
    described = json.loads(API.read_text())["paths"]["/tenants/{tenant}/wizards/{wizard}"]["get"]["parameters"]
    names = next(each["schema"]["enum"] for each in described if each["name"] == "wizard")
    edited = {name: ids[path] for name, path in _EDITS.items()} | {"edit-site": "main"}
    return {f"wizards-{name}": f"/wizards/{name}" + (f"?id={edited[name]}" if name in edited else "") for name in names}
