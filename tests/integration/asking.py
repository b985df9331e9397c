"""Requests to the app's routes in this process, as the host makes them, and an office with one of everything."""

import itertools
import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest
from azure.core.exceptions import ClientAuthenticationError

from shared.domain.spot.images.image_version import first_version
from shared.domain.tenants.directory import Group
from shared.errors import UnavailableError
from shared.services.images import device_images, sources
from shared.services.policies import facts as lookups
from shared.services.spot import image_sets
from shared.storage.tables import Tables
from tests.integration import image_things, things
from tests.integration.access_scenes import ACCESS_SCENES, NORTHWIND, ROLE
from tests.integration.callers import Office, signed_in
from tests.integration.notice_scenes import ENDPOINT
from tests.integration.scenes import HYBRID, OFFERED, SCHEDULE, WINDOW
from tests.integration.script_scenes import CLOCK
from tests.integration.services import IdleHost
from triggers.http.graph import BASE

_CALLS = itertools.count()


class NoIdentity:
    """The credential of a service that has no cloud: nothing leaves this machine."""

    async def get_token(self, *_: Any, **__: Any) -> Any:
        raise ClientAuthenticationError("there is no cloud in this test")

    async def close(self) -> None:
        """Nothing is open."""


class Searchable(dict[str, set[str]]):
    """The groups of a directory on paper, which a wizard can search."""

    async def __call__(self, search: str, most: int) -> list[Group]:
        names = [name for name in sorted(self) if search in name]
        return [Group(id=name, display_name=name, security_enabled=True) for name in names[:most]]


def unfurnished(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Return an office without rows. The marketplace offers one image; quotas cannot be read."""

    async def offered(*_: Any, **__: Any) -> Any:
        return (OFFERED,)

    async def none(*_: Any) -> Any:
        return ()

    async def unread(*_: Any) -> Any:
        raise UnavailableError("there is no cloud in this test")

    monkeypatch.setattr(device_images, "offered_images", offered)
    monkeypatch.setattr(device_images, "own_images", none)
    monkeypatch.setattr(image_sets, "session_host_images", offered)
    monkeypatch.setattr(image_sets, "own_images", none)
    monkeypatch.setattr("triggers.http.images.images.offered_images", offered)
    monkeypatch.setattr(sources, "gallery_images", offered)
    monkeypatch.setattr(sources, "session_host_images", offered)
    monkeypatch.setattr(sources, "own_images", none)
    monkeypatch.setattr(lookups, "gallery_images", offered)
    monkeypatch.setattr(lookups, "usages", unread)
    office = Office(tables)
    monkeypatch.setitem(vars(office), "credential", NoIdentity())
    office.directory.groups = Searchable(office.directory.groups)
    return office


async def furnish(office: Office) -> None:
    """Write one of everything."""
    await office.tenants.insert(things.tenant())
    await office.sites.insert(things.site())
    await office.connections.insert(things.connection())
    await office.connections.insert(HYBRID)
    await office.images.insert(things.image(status="ready", gallery_version_id="/v", regions=("westeurope",)))
    await office.policies.insert(things.policy())
    await office.role_definitions.insert(ROLE)
    await office.tenants.insert(NORTHWIND[1])
    await office.power_schedules.insert(SCHEDULE)
    await office.maintenance_windows.insert(WINDOW)
    await office.scripts.insert(CLOCK)
    await office.notice_endpoints.insert(ENDPOINT)
    await office.image_sets.insert(image_things.image_set())
    await office.image_versions.insert(first_version(image_things.image_set()))


async def ask(
    handler: Any, name: str, *, body: bytes = b"", query: Mapping[str, str] | None = None, **more: Any
) -> func.HttpResponse:
    """Call the route *name* (method and address). *more*: ``at`` parts of the address, ``url``, ``headers``."""
    method, _, route = name.partition(" ")
    at = {"tenant": "contoso", "version": "beta", "id": "c1", "site": "west", "number": "0.0.1"}
    at |= {"wizard": "create-connection", "host": "h1", "operation": "o1"}
    at |= more.get("at", {})
    address = route.replace("…", BASE)
    at = {part: value for part, value in at.items() if f"{{{part}}}" in address}  # as the host hands them over
    url = more.get("url") or f"http://api/{address.format(**at)}"
    roles = (ACCESS_SCENES[name].roles if name in ACCESS_SCENES else ()) or ("Provider.Administrator",)
    headers = {**signed_in(*roles), **more.get("headers", {})}
    request = func.HttpRequest(
        method=method, url=url, headers=headers, params=dict(query or {}), route_params=at, body=body
    )
    names = handler.__code__.co_varnames[: handler.__code__.co_argcount]
    clients = [IdleHost()] if "client" in names else []
    contexts = [SimpleNamespace(invocation_id=f"call-{next(_CALLS)}")] if "context" in names else []
    answer: func.HttpResponse = await handler(request, *clients, *contexts)
    return answer


def told(answer: func.HttpResponse) -> list[tuple[str, str]]:
    """Return the pointers and messages of an answer's errors, in either shape."""
    body = json.loads(answer.get_body() or b"{}")
    if "steps" in body:  # a review
        return [(each["pointer"], each["message"]) for step in body["steps"] for each in step["errors"]]
    found = body["error"].get("details", []) if "error" in body else body.get("errors", [])
    return [(each.get("target", each.get("pointer")), each["message"]) for each in found]


MINE = "POST tenants/{tenant}/{version}/me/cloudPCs/{id}/"
"""Prefix of routes for callers' own Cloud PCs below a tenant's Graph address."""


def graph_shaped(name: str) -> bool:
    """Whether a route has Graph's shape: below ``…``, or a caller's own Cloud PCs below a tenant's Graph address."""
    return "…" in name or "{version}" in name
