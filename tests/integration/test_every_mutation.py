"""Every route that changes something writes down who did what: once, with what was before and is after.

Generated from what the app registers: a route without a scene fails, and so does one that leaves no audit event.
"""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest

from shared.domain.operation import AuditEvent, Operation
from shared.domain.pausing import ServiceState
from shared.domain.tenant import Paused
from shared.storage.tables import Tables
from tests.integration import things
from tests.integration.scenes import CHANGES_NOTHING, LARGER, OFFERED, PASSWORD, SCENES, Scene, Trace
from tests.integration.services import IdleHost, PaperServices, in_place
from triggers import images
from triggers.graph import BASE
from triggers.permissions import VERBS

EVE = {
    "claims": [
        {"typ": "tid", "val": things.DIRECTORY},
        {"typ": "oid", "val": "id-eve"},
        {"typ": "preferred_username", "val": "eve@contoso.example"},
        {"typ": "roles", "val": "Provider.Administrator"},
    ]
}
SIGNED_IN = {"x-ms-client-principal": base64.b64encode(json.dumps(EVE).encode()).decode()}
ALWAYS_SET = {"pause", "resume", "cancel", "holdGrace", "assign", "confirmRemoval"}
"""What only sets something is not kept with its key: done again it comes to the same."""


class PaperVault:
    """Remembers what was given to it."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def store(self, name: str, value: str, *, tags: Mapping[str, str]) -> str:
        del tags
        self.kept[name] = value
        return f"https://vault.invalid/secrets/{name}"

    async def forget(self, address: str) -> None:
        self.kept.pop(address.rpartition("/")[2], None)


class Office(PaperServices):
    """The service behind App Service authentication, with a vault on paper."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self.settings = self.settings.model_copy(update={"trust_client_principal": True})
        self.paper = PaperVault()
        self.directory.groups = {"g1": {"ada"}, "g2": set()}
        self.directory.licences = {"ada": ("sku-1", "sku-2")}
        self.directory.skus = [*self.directory.skus, LARGER]

    def vault(self) -> Any:
        return self.paper


@pytest.fixture
async def here(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    async def offered(_: Any) -> Any:
        return (OFFERED,)

    async def none(*_: Any) -> Any:
        return ()

    monkeypatch.setattr(images, "offered_images", offered)
    monkeypatch.setattr(images, "gallery_versions", none)
    services = Office(tables)
    await services.tenants.insert(things.tenant())
    await services.sites.insert(things.site())
    await services.connections.insert(things.connection())
    await services.images.insert(things.image(status="ready", gallery_version_id="/v", regions=("westeurope",)))
    await services.policies.insert(things.policy())
    with in_place(services):
        yield services


@pytest.fixture(scope="session")
def mutations(functions: list[Any]) -> dict[str, Any]:
    """The routes that may change something, with the functions behind them as the app wrote them."""
    found = {}
    for function in functions:
        trigger, handler = function.get_trigger(), function.get_user_function()
        if trigger.type == "httpTrigger":
            for method in trigger.methods:
                name = f"{method.value} {trigger.route.replace(BASE, '…')}"
                found[name] = getattr(handler, "client_function", handler)
    return {name: handler for name, handler in found.items() if not name.startswith("GET ")}


class Caller:
    """Calls one route of the app, as the host does."""

    def __init__(self, name: str, scene: Scene, handler: Any) -> None:
        self.method, _, self.route = name.partition(" ")
        self.action = self.route.rpartition("/")[2]
        self.scene, self.handler, self.host, self.calls = scene, handler, IdleHost(), 0

    async def __call__(self) -> func.HttpResponse:
        self.calls += 1
        body = b"" if self.scene.body is None else json.dumps(self.scene.body).encode()
        at = {"tenant": "contoso", "version": "beta", **self.scene.at}
        request = func.HttpRequest(
            method=self.method,
            url=f"http://api/{self.route.replace('…', BASE).format(**at)}",
            headers={**SIGNED_IN, "Idempotency-Key": "once"},
            params={},
            route_params=at,
            body=body,
        )
        clients = [self.host] if "client" in self.handler.__code__.co_varnames[:3] else []
        context = SimpleNamespace(invocation_id=f"call-{self.calls}")
        answer: func.HttpResponse = await self.handler(request, *clients, context)
        return answer


async def events(here: Office) -> list[AuditEvent]:
    """Everything that was written down of what Eve did, in any tenant or in none."""
    found = []
    for tenant_id in ("contoso", "fabrikam", "*"):
        found += [stored.value async for stored in here.audit.each(tenant_id)]
    return [event for event in found if event.actor.id == "id-eve"]


async def arranged(here: Office, name: str) -> Scene:
    scene = SCENES[name]
    for repository, value in scene.given:
        await getattr(here, repository).insert(value)
    paused = Paused(by="ada", at=things.NOW)
    if name.endswith("resume") and "id" not in scene.at:
        await here.tenants.change("contoso", lambda tenant: tenant.but(paused=paused))
        await here.service_state.change(lambda _: ServiceState(paused=paused))
    if name.endswith("provisioningPolicies/{id}/resume"):
        await here.policies.change("contoso", "p1", lambda policy: policy.but(paused=paused))
    return scene


def test_every_route_that_changes_something_has_a_scene(mutations: dict[str, Any]) -> None:
    assert mutations.keys() == SCENES.keys() | CHANGES_NOTHING


@pytest.mark.parametrize("name", sorted(SCENES))
async def test_what_is_done_is_written_down_once_with_before_and_after(
    here: Office, mutations: dict[str, Any], name: str
) -> None:
    scene = await arranged(here, name)
    call = Caller(name, scene, mutations[name])
    answer = await call()
    assert answer.status_code < 300, answer.get_body()
    (event,) = await events(here)
    assert event.activity in VERBS
    assert (event.before is not None, event.after is not None) == scene.trace.value
    assert event.before != event.after or scene.trace is Trace.ASKED
    assert event.actor.name == "eve@contoso.example"
    assert PASSWORD not in json.dumps(event.to_json())

    operation = answer.headers.get("Operation-Location") or answer.headers.get("Location") or ""
    if "/operations/" in operation:
        found: Operation = (await here.operations.get("contoso", operation.rpartition("/")[2])).value
        assert found.requested_by == "eve@contoso.example"
    else:
        assert answer.status_code != 202 or "/bulkActions/" in operation

    here.hand.advance(timedelta(minutes=1))
    if call.method == "POST" and call.action not in ALWAYS_SET:
        again = await call()
        assert (again.status_code, again.get_body()) == (answer.status_code, answer.get_body())
        assert again.headers["Idempotent-Replayed"] == "true"
    elif call.action in ALWAYS_SET:
        assert (await call()).status_code == answer.status_code
    assert await events(here) == [event]
