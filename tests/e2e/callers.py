"""Callers of every kind: tokens with any roles, of any directory, good or bad."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.stack import Stack

_KNOWN_OTHERWISE = {"graph/notifications", "configuration", "templates/customer.json"}
"""Graph has no token of ours, it shows a clientState; who is to sign in has none yet; the Azure portal has none."""
STRANGE_DIRECTORY = "99999999-0000-4000-8000-000000000009"
"""A customer's directory."""

UNKNOWN_DIRECTORY = "88888888-0000-4000-8000-000000000008"
"""No tenant has it."""


@dataclass(frozen=True)
class Route:
    """One HTTP function and one method of it. *path* has its parameters filled in."""

    function: str
    method: str
    template: str
    path: str

    @property
    def of_a_tenant(self) -> bool:
        return "{tenant}" in self.template

    @property
    def own(self) -> bool:
        """Whether it shows callers only what is theirs, or public knowledge: everybody may call it."""
        return self.template.split("/")[0] in {"me", "openapi.json"}

    @property
    def graph_shaped(self) -> bool:
        return "{version}" in self.template

    def __str__(self) -> str:
        return f"{self.method} /{self.template}"


def routes(stack: Stack, tenant: str, version: str = "beta") -> list[Route]:
    """Return every route of the running app that asks for a token, as its host lists them."""
    with urllib.request.urlopen(f"{stack.addresses.api}/admin/functions", timeout=30) as answer:  # noqa: S310 - ours
        listed = json.load(answer)
    filled = {
        "tenant": tenant,
        "version": version,
        "id": "x",
        "site": "x",
        "number": "1.0.0",
        "host": "x",
        "operation": "x",
        "wizard": "create-connection",
    }
    found = []
    for function in listed:
        for binding in function["config"]["bindings"]:
            asks = binding["type"] == "httpTrigger" and binding["authLevel"].upper() == "ANONYMOUS"
            template = binding.get("route", "").removeprefix("api/")
            if asks and template != binding["route"] and template not in _KNOWN_OTHERWISE:
                path = template.format(**filled)
                methods = [method.upper() for method in binding["methods"]]
                found += [Route(function["name"], method, template, path) for method in methods]
    return found


def token(stack: Stack, *roles: str, **wishes: Any) -> str:
    """Return a token; *wishes* as ``POST /_sim/tokens`` takes them."""
    return str(stack.tell_cloud("tokens", {"roles": roles, **wishes})["access_token"])


def send(
    stack: Stack, method: str, path: str, token: str | None, body: Any = None, headers: Mapping[str, str] | None = None
) -> tuple[int, Any]:
    """Send one request with just this token; return status and body."""
    data = body if isinstance(body, bytes | Iterator) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{stack.addresses.api}/api/{path}", data=data, method=method)  # noqa: S310 - ours
    for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
        request.add_header(name, value)
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - ours
            return answer.status, _parsed(answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, _parsed(refused.read())


def _parsed(content: bytes) -> Any:
    return json.loads(content) if content else None
