"""The wizards that edit records, and the wizards of sites: the edited record, and the review of a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from shared.domain.networks.connection import Connection
from shared.domain.policies.policy import Policy
from shared.domain.tenants.tenant import Site
from shared.domain.values import amount, differing
from shared.domain.wizards.changes import changes, summary_of
from shared.domain.wizards.edits import (
    EDIT_CONNECTION,
    EDIT_PROVISIONING_POLICY,
    PolicyStep,
    SelectConnectionStep,
    connection_form,
    merged,
    policy_form,
)
from shared.domain.wizards.fields import Form
from shared.domain.wizards.forms import REVIEW, Wizard, parse, problems_of
from shared.domain.wizards.places import (
    CREATE_SITE,
    EDIT_SITE,
    EDIT_TENANT,
    EditSiteNameStep,
    PlaceStep,
    SelectSiteStep,
    SiteNameStep,
    SiteNetworkStep,
    of_site_form,
    site_values,
    tenant_change,
)
from shared.domain.wizards.reviews import Forecast, Review
from shared.domain.wizards.reviews import review as reviewed
from shared.errors import ConflictError, InvalidError, NotFoundError, Problem
from shared.services.directory.licenses import refuse_unusable_sizes
from shared.services.networks.connections import changed_connection, connection_facts
from shared.services.operations.action_context import ActionContext
from shared.services.policies.policies import drifted, edited_fields
from shared.services.tenants.sites import check_site
from shared.services.tenants.tenants import TenantChange, changed_tenant
from shared.storage.repository import Stored

_GONE = "there is no such one; choose one of the tenant's"


async def edited_policy(context: ActionContext, form: Mapping[str, Any]) -> tuple[Stored[Policy], Form]:
    """Return the policy that a form edits, and its whole form. Raises: InvalidError."""
    step = _chosen(EDIT_PROVISIONING_POLICY, form, "policy", PolicyStep)
    found = await context.deps.policies.find(context.tenant.id, step.policy_id)
    if found is None:
        raise InvalidError(Problem("/policy/policyId", _GONE, "policy"))
    return found, policy_form(found.value, {name: each for name, each in form.items() if name != "policy"})


async def edited_connection(
    context: ActionContext, form: Mapping[str, Any]
) -> tuple[Stored[Connection], Form, str | None]:
    """Return the connection that a form edits, its whole form, and the new password if any. Raises: InvalidError."""
    step = _chosen(EDIT_CONNECTION, form, "connection", SelectConnectionStep)
    found = await context.deps.connections.find(context.tenant.id, step.connection_id)
    if found is None:
        raise InvalidError(Problem("/connection/connectionId", _GONE, "connection"))
    spelled = {each.name: each.spelled_out(form[each.name]) for each in EDIT_CONNECTION.steps if each.name in form}
    return found, *connection_form(found.value, spelled)


def new_site(context: ActionContext, form: Mapping[str, Any]) -> Site:
    """Return the site in a complete form of create-site. Raises: InvalidError."""
    reading = CREATE_SITE.read(form)
    name, place = reading.value("name", SiteNameStep), reading.value("place", PlaceStep)
    network = reading.value("network", SiteNetworkStep)
    if reading.problems or name is None or place is None or network is None:
        raise InvalidError(*reading.problems)
    return Site(tenant_id=context.tenant.id, **dict(name), **dict(place), **dict(network))


async def edited_site(context: ActionContext, form: Mapping[str, Any]) -> tuple[Stored[Site], Site]:
    """Return the site that a form of edit-site edits, before and after. Raises: InvalidError."""
    step = _chosen(EDIT_SITE, form, "site", SelectSiteStep)
    found = await context.deps.sites.find(context.tenant.id, step.site_id)
    if found is None:
        raise InvalidError(Problem("/site/siteId", _GONE, "site"))
    reading = EDIT_SITE.read({"site": form["site"], **merged(site_values(found.value), form)})
    name, place = reading.value("name", EditSiteNameStep), reading.value("place", PlaceStep)
    network = reading.value("network", SiteNetworkStep)
    if reading.problems or name is None or place is None or network is None:
        raise InvalidError(*reading.problems)
    display_name = name.display_name or found.value.display_name
    return found, found.value.but(display_name=display_name, **dict(place), **dict(network))


async def review_policy_edit(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    """Review the edit of a policy, and say which Cloud PCs would differ from it afterwards."""
    wizard = EDIT_PROVISIONING_POLICY
    try:
        stored, full = await edited_policy(context, _until(wizard, form, through_step))
        fields = await edited_fields(context, full, stored.value)
    except InvalidError as error:
        return reviewed(wizard, through_step, error.problems, (), None)
    return reviewed(wizard, through_step, (), (), await _drift(context, stored.value, fields))


async def _drift(context: ActionContext, before: Policy, fields: Mapping[str, Any]) -> Forecast:
    """Return how many Cloud PCs of a policy differ from it now, and how many would."""
    after = before.but(**fields)
    count = len([1 async for _ in context.deps.cloud_pcs.each(context.tenant.id, policy_id=before.id)])
    now, later = await drifted(context, before), await drifted(context, after)
    changed = differing(before.to_json(), after.to_json())
    said = changes(EDIT_PROVISIONING_POLICY, changed)
    summary = f"Changes: {said}; {later} of {amount(count, 'Cloud PC')} would differ from the policy "
    return Forecast(
        summary=f"{summary}until they are reprovisioned." if changed else "Nothing changes.",
        details={"changed": changed, "cloudPCs": count, "differNow": now, "wouldDiffer": later},
    )


async def review_connection_edit(
    context: ActionContext, form: dict[str, Any], through_step: str, *, any_subscription: bool
) -> Review:
    """Review the edit of a connection."""
    wizard = EDIT_CONNECTION
    try:
        stored, full, password = await edited_connection(context, _until(wizard, form, through_step))
        facts = await connection_facts(context, any_subscription=any_subscription)
        after = changed_connection(stored.value, full, password, facts)
    except InvalidError as error:
        return reviewed(wizard, through_step, error.problems, (), None)
    before = stored.value
    checked = password is not None or after.but(display_name=before.display_name) != before
    summary = "Only the name changes." if after != before else "Nothing changes."
    summary = "All health checks are made again before the connection is used." if checked else summary
    forecast = Forecast(summary=summary, details={"connectionId": before.id, "healthChecks": checked})
    return reviewed(wizard, through_step, (), (), forecast)


async def review_new_site(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    """Review the form of a new site."""
    problems = CREATE_SITE.read(form, through_step).problems
    if problems or through_step != REVIEW:
        return reviewed(CREATE_SITE, through_step, problems, (), None)
    site = new_site(context, form)
    if await context.deps.sites.find(context.tenant.id, site.id):
        problem = Problem("/name/id", "there is a site of this id; choose another", "name")
        return reviewed(CREATE_SITE, through_step, [problem], (), None)
    return await _review_site(context, CREATE_SITE, None, site, through_step)


async def review_site_edit(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    """Review the edit of a site."""
    try:
        stored, site = await edited_site(context, _until(EDIT_SITE, form, through_step))
    except InvalidError as error:
        return reviewed(EDIT_SITE, through_step, error.problems, (), None)
    return await _review_site(context, EDIT_SITE, stored.value, site, through_step)


async def _review_site(
    context: ActionContext, wizard: Wizard, before: Site | None, site: Site, through_step: str
) -> Review:
    try:
        await check_site(context, before, site)
    except InvalidError as error:
        return reviewed(wizard, through_step, map(of_site_form, error.problems), (), None)
    except ConflictError as error:
        return reviewed(wizard, through_step, [Problem("/network", str(error), "network")], (), None)
    summary = f"Machines are built in {', '.join(site.regions)}, in the resource group {site.resource_group}."
    return reviewed(wizard, through_step, (), (), Forecast(summary=summary, details={"regions": list(site.regions)}))


async def review_tenant(
    context: ActionContext, form: dict[str, Any], through_step: str, *, any_subscription: bool
) -> Review:
    """Review the edit of the tenant. *any_subscription*: the caller is the provider."""
    try:
        change = tenant_edit(_until(EDIT_TENANT, form, through_step), any_subscription=any_subscription)
        after = changed_tenant(context.tenant, change)
        await refuse_unusable_sizes(context, context.tenant, after)
    except InvalidError as error:
        return reviewed(EDIT_TENANT, through_step, map(_of_tenant, error.problems), (), None)
    old, new = context.tenant.to_json(), after.to_json()
    old, new = {**old.pop("settings"), **old}, {**new.pop("settings"), **new}
    changed = differing(old, new)
    forecast = Forecast(summary=summary_of(EDIT_TENANT, changed), details={"changed": changed})
    return reviewed(EDIT_TENANT, through_step, (), (), forecast)


def tenant_edit(form: Mapping[str, Any], *, any_subscription: bool) -> TenantChange:
    """Return the change of the tenant to which a form comes. Raises: InvalidError."""
    unknown = [name for name in form if name not in {step.name for step in EDIT_TENANT.steps if step.accepts}]
    if unknown:
        raise InvalidError(*(Problem(f"/{name}", "unknown step; leave it out") for name in unknown))
    wrong = [step for step, fields in form.items() if not isinstance(fields, Mapping)]
    if wrong:
        raise InvalidError(*(Problem(f"/{step}", "write an object of fields", step) for step in wrong))
    if form.get("licences") and not any_subscription:
        raise InvalidError(Problem("/licences", "only the provider may change these; leave it out", "licences"))
    try:
        return parse(TenantChange, tenant_change(form))
    except ValidationError as error:
        raise InvalidError(*map(_of_tenant, problems_of(error))) from error


def _of_tenant(problem: Problem) -> Problem:
    """Return a problem of a change of the tenant as one of the wizard's form."""
    field = problem.pointer.strip("/").partition("/")[0]
    steps = {"displayName": "name", "spotLicenses": "licences", "furtherSubscriptionIds": "licences"}
    if field == "settings":
        return Problem(problem.pointer, problem.message, field)
    return Problem(f"/{steps[field]}{problem.pointer}", problem.message, steps[field]) if field in steps else problem


def _until(wizard: Wizard, form: Mapping[str, Any], through_step: str) -> dict[str, Any]:
    """Return the steps of a form up to *through_step*, including steps that the wizard does not have."""
    later = {step.name for step in wizard.steps} - {step.name for step in wizard.until(through_step)}
    return {name: fields for name, fields in form.items() if name not in later}


def _chosen(wizard: Wizard, form: Mapping[str, Any], name: str, of: type[Any]) -> Any:  # noqa: ANN401 - of *of*
    """Return the step in which the subject of an edit is chosen. Raises: InvalidError, also for unknown steps."""
    reading = wizard.read(form, name)
    if reading.problems:
        raise InvalidError(*reading.problems)
    chosen = reading.value(name, of)
    if chosen is None:
        raise NotFoundError("nothing was chosen to edit")
    return chosen
