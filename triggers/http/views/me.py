"""The caller: their name, their rights, and the tenants in which they have them."""

from collections.abc import Iterable, Sequence
from typing import Literal

from typing_extensions import TypedDict

from shared.domain.operations.operation import Actor
from shared.domain.tenants.tenant import Tenant


class OwnTenantView(TypedDict):
    """A tenant that the caller may see, and the roles that count there."""

    id: str
    displayName: str
    roles: list[str]


class MeView(TypedDict):
    """The caller. *verbs*: permissions; *tenantsCut*: there are more tenants than are shown."""

    id: str
    name: str
    kind: Literal["itPro", "application"]
    directoryId: str
    roles: list[str]
    verbs: list[str]
    tenants: list[OwnTenantView]
    tenantsCut: bool


class ConfigurationView(TypedDict):
    """Configuration that a client needs before it has a token. *clientId*: None where nobody has registered one."""

    authority: str
    clientId: str | None
    scope: str
    version: str


def own_tenant_view(tenant: Tenant, roles: Iterable[str]) -> OwnTenantView:
    """Return a tenant with the caller's roles there."""
    return {"id": tenant.id, "displayName": tenant.display_name, "roles": sorted(roles)}


def me_view(
    actor: Actor,
    directory_id: str,
    tenants: Sequence[OwnTenantView],
    *,
    roles: Iterable[str],
    verbs: list[str],
    cut: bool,
) -> MeView:
    """Return the caller; *roles* are those that count somewhere."""
    return {
        "id": actor.id,
        "name": actor.name,
        "kind": "itPro" if actor.kind == "itPro" else "application",
        "directoryId": directory_id,
        "roles": sorted(roles),
        "verbs": verbs,
        "tenants": list(tenants),
        "tenantsCut": cut,
    }
