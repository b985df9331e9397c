"""Simulated Entra ID: token endpoint, published keys, app registrations, managed identity.

Applications get tokens by client credentials, people by signing in (`sign_in`), tests by `POST /_sim/tokens`.
`config.identityHeader` is the only X-IDENTITY-HEADER that is accepted (any, when not set); `config.authority` is the
TLS address, which issues the tokens that are requested over http.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.entra import endpoints
from azure_simulator.entra.sign_in import routes as sign_in
from azure_simulator.graph.directory.entities import DIRECTORY_OBJECTS
from azure_simulator.graph.directory.records import directory_of

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.world import World


def install(cloud: Cloud) -> None:
    """Serve the token endpoint, the managed identity and `/_sim/tokens`."""
    cloud.plane(endpoints.EntraPlane())
    cloud.setting("identityHeader", str, "the one X-IDENTITY-HEADER that the managed identity accepts")
    cloud.setting("authority", str, "the TLS address that issues tokens, for those requested over http")
    cloud.setting("tokenLifetimeSeconds", (int, float), "how long a managed identity's token is valid")
    cloud.add(endpoints.routes(cloud.keys))
    cloud.add(endpoints.control(cloud.keys))
    sign_in.install(cloud)
    cloud.on("ask_principal", _answer_principal)
    cloud.on("ask_groups", _answer_groups)


def _answer_principal(world: World, principal_id: str, answers: list[object], as_of_us: int) -> None:
    found = directory_of(world)
    tenants = [str(each["tenantId"]) for each in found.tenants()]
    kinds = [each.name for each in DIRECTORY_OBJECTS]
    if not tenants or any(found.as_of(kind, tenant, principal_id, as_of_us) for tenant in tenants for kind in kinds):
        answers.append(True)


def _answer_groups(world: World, principal_id: str, answers: list[str]) -> None:
    found = directory_of(world)
    for tenant in found.tenants():
        answers += found.memberships[str(tenant["tenantId"]).lower()].above(principal_id, world.now_us)
