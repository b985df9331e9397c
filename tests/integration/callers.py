"""A caller of the app's routes, as the host calls them, and the service behind App Service authentication."""

import base64
import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import azure.functions as func

from shared.contracts.outcomes import DeclinedError, MissingError, Refused
from shared.storage.tables import Tables
from tests.integration import things
from tests.integration.scene import Scene
from tests.integration.scenes import LARGER
from tests.integration.services import IdleHost, PaperServices
from triggers.http.graph import BASE


def signed_in(*roles: str, directory: str = "", name: str = "eve") -> dict[str, str]:
    """Return the header with which App Service authentication says that Eve (or *name*) calls, with which roles.

    Others than Eve come with a token of a user.
    """
    known = {"tid": directory or things.DIRECTORY, "oid": f"id-{name}", "preferred_username": f"{name}@contoso.example"}
    known |= {} if name == "eve" else {"scp": "access"}
    claims = [{"typ": kind, "val": value} for kind, value in [*known.items(), *(("roles", role) for role in roles)]]
    return {"x-ms-client-principal": base64.b64encode(json.dumps({"claims": claims}).encode()).decode()}


def handlers(functions: list[Any]) -> dict[str, Any]:
    """Return the functions behind the HTTP routes, as the app wrote them, by method and address."""
    found = {}
    for function in functions:
        trigger, handler = function.get_trigger(), function.get_user_function()
        if trigger.type == "httpTrigger" and trigger.route.startswith("api/"):
            for method in trigger.methods:
                name = f"{method.value} {trigger.route.removeprefix('api/').replace(BASE, '…')}"
                found[name] = getattr(handler, "client_function", handler)
    return found


class PaperVault:
    """A key vault in memory, with soft delete: a deleted secret keeps its name for months."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.deleted: set[str] = set()

    async def store(self, name: str, value: str, *, tags: Mapping[str, str]) -> str:
        del tags
        if name in self.deleted:
            raise DeclinedError(Refused(code="Conflict", message=f"{name} is deleted but recoverable"))
        self.kept[name] = value
        return f"https://vault.invalid/secrets/{name}"

    async def read(self, address: str) -> str:
        try:
            return self.kept[address.rpartition("/")[2]]
        except KeyError:
            raise MissingError(Refused(code="SecretNotFound", message=f"{address} was not found")) from None

    async def delete(self, address: str) -> None:
        name = address.rpartition("/")[2]
        self.deleted.update({name} & self.kept.keys())
        self.kept.pop(name, None)


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


class Caller:
    """Calls one route of the app, as the host does."""

    def __init__(self, name: str, scene: Scene, handler: Any, *roles: str) -> None:
        self.who = signed_in(*(roles or scene.roles or ("Provider.Administrator",)))
        self.method, _, self.route = name.partition(" ")
        self.action = self.route.rpartition("/")[2]
        self.scene, self.handler, self.host, self.calls = scene, handler, IdleHost(), 0
        self.headers = {"Idempotency-Key": "once"}
        self.params: dict[str, str] = {}

    async def __call__(self) -> func.HttpResponse:
        self.calls += 1
        body = b"" if self.scene.body is None else json.dumps(self.scene.body).encode()
        address = self.route.replace("…", BASE)
        at = {"tenant": "contoso", "version": "beta", **self.scene.at}
        at = {part: value for part, value in at.items() if f"{{{part}}}" in address}  # as the host hands them over
        request = func.HttpRequest(
            method=self.method,
            url=f"http://api/{address.format(**at)}",
            headers={**self.who, **self.headers},
            params=self.params,
            route_params=at,
            body=body,
        )
        clients = [self.host] if "client" in self.handler.__code__.co_varnames[:3] else []
        context = SimpleNamespace(invocation_id=f"call-{id(self)}-{self.calls}")
        answer: func.HttpResponse = await self.handler(request, *clients, context)
        return answer
