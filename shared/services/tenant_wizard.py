"""The wizard by which the provider makes a tenant: the review of its form, and the tenant that it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.tenants.tenant import Tenant, TenantSettings
from shared.domain.wizards.forms import REVIEW
from shared.domain.wizards.places import CREATE_TENANT, DirectoryStep, NewTenantStep, SpotLicencesStep
from shared.domain.wizards.reviews import Forecast, Review, review
from shared.errors import InvalidError, Problem
from shared.services.action_context import ActionContext
from shared.services.tenants import ID_TAKEN, id_kept_for_another


async def review_new_tenant(context: ActionContext, form: Mapping[str, Any], through_step: str) -> Review:
    """Review the form as far as it is filled in; nothing is saved."""
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
    """Return the tenant that a form comes to. Raises: InvalidError."""
    reading = CREATE_TENANT.read(form)
    name, directory = reading.value("name", NewTenantStep), reading.value("directory", DirectoryStep)
    settings, licences = reading.value("settings", TenantSettings), reading.value("licences", SpotLicencesStep)
    if reading.problems or name is None or directory is None or settings is None or licences is None:
        raise InvalidError(*reading.problems)
    return Tenant(**dict(name), **dict(directory), **dict(licences), settings=settings)
