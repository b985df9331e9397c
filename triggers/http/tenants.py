"""Tenants: one customer each, with its rules."""

from __future__ import annotations

import logging
from typing import Any

import azure.functions as func
from pydantic import Field

from shared.domain.describing import Trimmed, listing
from shared.domain.tenant import Tenant, TenantSettings
from shared.domain.values import Value
from shared.errors import ConflictError, DeskwrightError, InvalidError, Problem
from shared.services.directory_subscriptions import stop_watching
from shared.storage.due import EVERYBODY, DueKind
from shared.storage.repository import Stored
from shared.workflow import Blueprint
from triggers.http.described import PAGES
from triggers.http.endpoints import Answer, Call, created, endpoint, ok
from triggers.http.idempotency import once
from triggers.http.paging import listed, top_of

bp = Blueprint()
_log = logging.getLogger("deskwright.tenants")
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_NEW = Trimmed("tenantToCreate", Tenant, ("paused",))


class TenantChange(Value):
    """What may be changed of a tenant. *settings* are merged into those there are."""

    display_name: str | None = Field(None, min_length=1, max_length=120)
    settings: dict[str, Any] | None = None


@bp.route(route="tenants", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/create", accepts=_NEW, returns={201: Tenant})
async def create_tenant(call: Call) -> Answer:
    """Create a tenant."""
    tenant = call.read(Tenant)
    if tenant.paused is not None:
        raise InvalidError(Problem("/paused", "is set by pause"))

    async def create() -> Answer:
        await _refuse_another_s_id(call, tenant)
        try:
            stored = await call.deps.tenants.insert(tenant)
        except ConflictError:
            there = await call.deps.tenants.find(tenant.id)
            if call.idempotency_key is None or there is None or there.value != tenant:
                raise ConflictError("there is a tenant of this id", id=tenant.id) from None
            stored = there
        await call.audit("tenant", tenant.id, after=tenant)
        return created(tenant.to_json(), f"/api/tenants/{tenant.id}", etag=stored.etag)

    return await once(call, create)


async def _refuse_another_s_id(call: Call, tenant: Tenant) -> None:
    """Refuse the id of a tenant of another directory that was deleted. Raises: ConflictError.

    What was done in it stays, operations for a while and the audit log for good, and is read by whoever has its id.
    """
    deleted = await call.deps.audit.last(tenant.id, "Microsoft.CloudPC/tenants/delete")
    if deleted is not None and (deleted.before or {}).get("entraTenantId") != tenant.entra_tenant_id:
        message = "a tenant of another directory had this id, and its audit log is kept; take another id"
        raise ConflictError(message, id=tenant.id)


@bp.route(route="tenants", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/list", returns=listing(Tenant, "tenant"), query=PAGES)
async def list_tenants(call: Call) -> Answer:
    """List the tenants."""
    page = await call.deps.tenants.page(top_of(call), call.query("$skiptoken"))
    return ok(listed(call, (stored.value.to_json() for stored in page.items), page.next_token))


@bp.route(route="tenants/{tenant}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/read", returns=Tenant)
async def get_tenant(call: Call) -> Answer:
    """Show one tenant."""
    return ok(call.tenant.to_json(), etag=call.stored_tenant.etag)


@bp.route(route="tenants/{tenant}", methods=["PATCH"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/update", accepts=TenantChange, returns=Tenant)
async def update_tenant(call: Call) -> Answer:
    """Change a tenant's name or settings."""
    stored = call.stored_tenant
    call.match(stored.etag)
    change = call.read(TenantChange)
    changed = stored.value.but(
        display_name=change.display_name or stored.value.display_name,
        settings=_merged(call, stored.value.settings, change.settings or {}),
    )
    replaced: Stored[Tenant] = await call.deps.tenants.replace(changed, seen=stored.etag)
    await call.audit("tenant", changed.id, before=stored.value, after=changed)
    if changed.settings.restore_point_every not in {None, stored.value.settings.restore_point_every}:
        await call.deps.due.put(DueKind.RESTORE_POINT, call.now, changed.id, EVERYBODY)
    return ok(changed.to_json(), etag=replaced.etag)


@bp.route(route="tenants/{tenant}", methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/delete", returns={204: None})
async def delete_tenant(call: Call) -> Answer:
    """Delete a tenant that is empty."""
    stored = call.stored_tenant
    call.match(stored.etag)
    deps, tenant_id = call.deps, stored.value.id
    things: dict[str, Any] = {
        "sites": deps.sites,
        "onPremisesConnections": deps.connections,
        "deviceImages": deps.images,
        "provisioningPolicies": deps.policies,
        "cloudPCs": deps.cloud_pcs,
    }
    in_the_way = {name: count for name, of in things.items() if (count := await _count(of.each(tenant_id)))}
    if in_the_way:
        raise ConflictError("the tenant is not empty; delete first what is in it", inTheWay=in_the_way)
    try:
        await stop_watching(deps, stored.value)
    except DeskwrightError as error:  # what is left of it ends by itself, and nobody listens
        _log.warning("the subscriptions of %s were not ended: %s", tenant_id, error)
    await deps.tenants.remove(tenant_id, seen=stored.etag)
    await call.audit("tenant", tenant_id, before=stored.value)
    return Answer(204)


async def _count(each: Any) -> int:  # noqa: ANN401 - an async iterator of anything
    return len([1 async for _ in each])


def _merged(call: Call, settings: TenantSettings, change: dict[str, Any]) -> TenantSettings:
    """Return the settings with *change* merged in; null gives a setting its default back."""
    merged = settings.to_json()
    for name, value in change.items():
        if isinstance(value, dict) and isinstance(merged.get(name), dict) and name != "seats":
            merged[name] = {**merged[name], **value}
        else:
            merged[name] = value
    try:
        return call.read(TenantSettings, {name: value for name, value in merged.items() if value is not None})
    except InvalidError as error:
        raise InvalidError(*(Problem(f"/settings{p.pointer}", p.message) for p in error.problems)) from error
