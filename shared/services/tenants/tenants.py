"""Tenants: one customer each, with its rules and directory; made by the provider's wizard."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from operator import attrgetter
from typing import Annotated, Any

from pydantic import Field

from shared.domain.operations.operation import ResourceType
from shared.domain.tenants.tenant import FurtherSubscriptions, ProviderAccess, SpotLicenses, Tenant, TenantSettings
from shared.domain.values import Label, Value, Word
from shared.domain.wizards.forms import REVIEW
from shared.domain.wizards.places import CREATE_TENANT, DirectoryStep, NewTenantStep, SpotLicencesStep
from shared.domain.wizards.reviews import Forecast, Review, review
from shared.errors import ConflictError, InvalidError, Problem
from shared.services.directory.licenses import refuse_unusable_sizes
from shared.services.directory.tenants import look_again
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, begun_before, make_change
from shared.services.operations.named_records import edited
from shared.services.operations.writes import insertion_by, replacement
from shared.services.policies.reconciling import promise_reconcile, start_reconcile
from shared.storage.due import EVERYBODY, DueKind
from shared.storage.repository import Stored
from shared.workflow import DurableClient

_log = logging.getLogger("deskwright.tenants")
_SOON = timedelta(minutes=1)
_REPLACED = frozenset({"seats", "servicePlans"})
"""Settings that are tables: a change gives all of their rows."""
planned_by = attrgetter("licence_source", "seats", "service_plans", "disabled_account_starts_grace", "removal_brake")
"""The settings on which a plan depends: who is licensed, and who loses a Cloud PC."""


_CUSTOMERS_CHOICE = Problem(
    "/settings/providerAccess", "only an administrator of the tenant's own directory, by its app role, may choose this"
)
ID_TAKEN = "there is a tenant of this id; choose another"


class TenantChange(Value):
    """Changes of a tenant. *settings* are merged into the present ones."""

    display_name: Label | None = None
    settings: Annotated[dict[Word, Any], Field(max_length=100)] | None = Field(
        None, description="fields of TenantSettings; null: its default"
    )
    further_subscription_ids: FurtherSubscriptions | None = None
    spot_licenses: SpotLicenses | None = None


async def create_tenant(context: ActionContext, client: DurableClient, tenant: Tenant) -> Stored[Tenant]:
    """Add a tenant, and list its licensed users. Raises: ConflictError where its id is or was another tenant's."""
    deps, resource = context.deps, Resource(ResourceType.TENANT, tenant.id)
    if tenant.settings.provider_access is not ProviderAccess.STANDING:
        raise InvalidError(_CUSTOMERS_CHOICE)
    if why := await id_kept_for_another(context, tenant.id, tenant.entra_tenant_id):
        raise ConflictError(why, id=tenant.id)
    repeated = context.repeatable and await begun_before(context, resource)

    async def find_own() -> Stored[Tenant] | None:
        there = await deps.tenants.find(tenant.id)
        return there if repeated and there and there.value == tenant else None

    if await deps.tenants.find(tenant.id) is not None and await find_own() is None:
        raise ConflictError(ID_TAKEN, id=tenant.id)
    write = insertion_by(context, tenant, deps.tenants.insert, find_own)
    promise = partial(promise_reconcile, deps, tenant.id, context.now)

    async def begin(_: Stored[Tenant]) -> None:
        look_again(deps)
        await start_reconcile(client, tenant.id)

    try:
        return await make_change(context, resource, write, promise=promise, start=begin)
    except ConflictError:
        raise ConflictError(ID_TAKEN, id=tenant.id) from None


async def update_tenant(
    context: ActionContext, client: DurableClient, stored: Stored[Tenant], form: TenantChange, *, of_customer: bool
) -> Stored[Tenant]:
    """Change a tenant's name or settings; their consequences are planned at once. Raises: InvalidError, StaleError.

    *of_customer*: the caller is an administrator of the tenant's own directory, by a role of that directory.
    """
    deps, before = context.deps, stored.value
    after = changed_tenant(before, form)
    if after.settings.provider_access is not before.settings.provider_access and not of_customer:
        raise InvalidError(_CUSTOMERS_CHOICE)
    await refuse_unusable_sizes(context, before, after)
    await _refuse_unknown_site(context, before, after)
    every = after.settings.restore_point_every
    write = replacement(stored, after, deps.tenants.replace)
    more_often = every is not None and every != before.settings.restore_point_every
    replan = planned_by(before.settings) != planned_by(after.settings)

    async def promise() -> None:
        if more_often:
            await deps.due.put(DueKind.RESTORE_POINT, context.now + _SOON, after.id, EVERYBODY)
        if replan:
            await promise_reconcile(deps, after.id, context.now)

    async def begin(_: Stored[Tenant]) -> None:
        if replan:
            await start_reconcile(client, after.id)

    resource = Resource(ResourceType.TENANT, after.id)
    return await make_change(context, resource, write, promise=promise if more_often or replan else None, start=begin)


async def _refuse_unknown_site(context: ActionContext, before: Tenant, after: Tenant) -> None:
    """Refuse a new default site that there is not. Raises: InvalidError."""
    default = after.settings.default_site_id
    if default in {None, before.settings.default_site_id}:
        return
    if await context.deps.sites.find(after.id, str(default)) is None:
        raise InvalidError(Problem("/settings/defaultSiteId", "there is no such site; name one of the tenant's sites"))


def changed_tenant(before: Tenant, form: TenantChange) -> Tenant:
    """Return the tenant as *form* changes it. Raises: InvalidError."""
    return before.but(
        display_name=form.display_name or before.display_name,
        settings=_merged(before.settings, form.settings or {}),
        further_subscription_ids=(
            before.further_subscription_ids if form.further_subscription_ids is None else form.further_subscription_ids
        ),
        spot_licenses=before.spot_licenses if form.spot_licenses is None else form.spot_licenses,
    )


async def id_kept_for_another(context: ActionContext, tenant_id: str, entra_tenant_id: str) -> str | None:
    """Return why a tenant of a directory cannot have an id: a deleted tenant of another directory had it; else None.

    What was done in it stays, operations for a while and the audit log for good, and is read by whoever has its id.
    """
    deleted = await context.deps.audit.last(tenant_id, "Microsoft.CloudPC/tenants/delete")
    if deleted is not None and (deleted.before or {}).get("entraTenantId") != entra_tenant_id:
        return "a tenant of another directory had this id, and its audit log is kept; choose another"
    return None


def _merged(settings: TenantSettings, changes: Mapping[str, Any]) -> TenantSettings:
    """Return the settings with *changes* merged in; null gives a setting its default back. Raises: InvalidError."""
    before, merged = settings.to_json(), dict(changes)
    for name, value in changes.items():
        if isinstance(value, dict) and isinstance(before.get(name), dict) and name not in _REPLACED:
            merged[name] = {**before[name], **value}
    return edited(settings, merged, at="/settings")


async def review_new_tenant(context: ActionContext, form: Mapping[str, Any], through_step: str) -> Review:
    """Review the partly filled form; nothing is saved."""
    reading = CREATE_TENANT.read(form, through_step)
    problems, name = list(reading.problems), reading.value("name", NewTenantStep)
    directory = reading.value("directory", DirectoryStep)
    taken = None
    if name and await context.deps.tenants.find(name.id):
        taken = ID_TAKEN
    elif name and directory:
        taken = await id_kept_for_another(context, name.id, directory.entra_tenant_id)
    if taken:
        problems.append(Problem("/name/id", taken, "name"))
    forecast = None
    if name and through_step == REVIEW:
        summary = f"The tenant {name.id} is made, and its licensed users are listed."
        forecast = Forecast(summary=summary, details={"tenantId": name.id})
    return review(CREATE_TENANT, through_step, problems, (), forecast)


def new_tenant(form: Mapping[str, Any]) -> Tenant:
    """Return the tenant in a complete form. Raises: InvalidError."""
    reading = CREATE_TENANT.read(form)
    name, directory = reading.value("name", NewTenantStep), reading.value("directory", DirectoryStep)
    settings, licences = reading.value("settings", TenantSettings), reading.value("licences", SpotLicencesStep)
    if reading.problems or name is None or directory is None or settings is None or licences is None:
        raise InvalidError(*reading.problems)
    return Tenant(**dict(name), **dict(directory), **dict(licences), settings=settings)
