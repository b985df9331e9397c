"""Whether a customer is ready: consent, permissions, providers, role, licences, quota, how its people sign in.

Each check reads through the service's own clients, so that it sees what a build would see; one that fails, or that the
cloud does not answer, does not keep the others back.
"""

import asyncio
import logging
from collections.abc import Awaitable, Iterable, Sequence
from datetime import datetime, timedelta

from pydantic import Field

from shared.caching import TtlCache
from shared.clients.graph_directory import (
    consent_policies,
    consented_for_everybody,
    given_permissions,
    remote_desktop_tokens,
)
from shared.clients.pacing import retry_while_throttled
from shared.contracts.outcomes import DeclinedError, UnansweredError
from shared.domain.azure_errors import NOT_AUTHORIZED
from shared.domain.networks.connection import HealthStatus
from shared.domain.tenants import needs
from shared.domain.tenants.needs import Licence, NeedVerdict
from shared.domain.tenants.tenant import LicenceSource, Site
from shared.domain.values import Value
from shared.errors import RefusedError, UnavailableError
from shared.services.operations.action_context import ActionContext
from shared.services.power.start_on_connect import judge_power
from shared.services.tenants.customer_rights import judge_providers, judge_role, wanted_permissions
from shared.services.tenants.summaries import licenses_used, quotas

_log = logging.getLogger("deskwright.services")
_CONSENT = "Let an administrator of the customer's directory open the consent link."
_FIRST = "Consent first."
_NOT_THERE = "AADSTS700016"


class ReadinessCheck(Value):
    """One need of a tenant, with the finding. *status*: passed, informational (not checked), warning, failed."""

    name: str
    status: HealthStatus
    additional_detail: str
    recommended_action: str | None = None


class Readiness(Value):
    """The needs of a tenant. *status*: the worst of the checks."""

    status: HealthStatus
    checked_date_time: datetime
    checks: tuple[ReadinessCheck, ...]
    consent_url: str | None = Field(
        None, description="where an administrator of the directory consents; null in the provider's own"
    )
    client_id: str | None = Field(None, description="of the application that enters the directory")
    service_principal_id: str | None = Field(None, description="object id of the service in the directory")


_FOUND: TtlCache[Readiness] = TtlCache(timedelta(seconds=10))
"""Readiness by tenant, kept for reloads of the page and for several readers at once."""


async def readiness(context: ActionContext) -> Readiness:
    """Judge a tenant's needs, or return the findings of just now."""
    return await _FOUND.get_or(context.deps, context.tenant.id, lambda: _judge(context))


async def _judge(context: ActionContext) -> Readiness:
    consent, principal = await _consent(context)
    verdicts = [consent]
    if consent.status == "failed":
        verdicts += [
            NeedVerdict(each, "failed", "not looked at", _FIRST) for each in ("permissions", "role", "licences")
        ]
    else:
        verdicts += await _rest(context, principal)
    client_id, own = _client_id(context), _in_own_directory(context)
    checks = tuple(
        ReadinessCheck(
            name=each.name,
            status=HealthStatus(each.status),
            additional_detail=each.found,
            recommended_action=each.advice or None,
        )
        for each in verdicts
    )
    return Readiness(
        status=_worst(checks),
        checked_date_time=context.now,
        checks=checks,
        consent_url=None if own or client_id is None else _consent_url(context, client_id),
        client_id=client_id,
        service_principal_id=principal,
    )


async def _rest(context: ActionContext, principal: str | None) -> list[NeedVerdict]:
    sites = [stored.value async for stored in context.deps.sites.each(context.tenant.id)]
    tenant = context.tenant
    subscriptions = (tenant.subscription_id, *tenant.further_subscription_ids)
    checks = (
        _settled("permissions", _permissions(context, principal)),
        *(_settled("resource providers", judge_providers(context, each)) for each in subscriptions),
        *(_settled("role", judge_role(context, each, sites)) for each in subscriptions),
        _settled("sign-in", _sign_in(context)),
        _settled("single sign-on", _single_sign_on(context)),
        _settled("start on connect", judge_power(context, sites)),
    )
    (licences, judged), others = await asyncio.gather(_licences(context), asyncio.gather(*checks))
    quota = await _settled("quota", _quotas(context, sites, licences))
    return [*(verdict for each in others for verdict in each), *judged, *quota]


async def _consent(context: ActionContext) -> tuple[NeedVerdict, str | None]:
    """Return the verdict, and the object id of the service in the directory."""
    client = _client_id(context)
    try:
        graph = context.deps.graph(context.tenant)
        principal = await retry_while_throttled(lambda: graph.service_principal_id(client)) if client else None
    except DeclinedError as declined:
        return _without_consent(declined), None
    except UnavailableError as error:
        return _no_answer("consent", error), None
    if _in_own_directory(context):
        return NeedVerdict("consent", "passed", "the provider's own directory: none is needed"), principal
    if principal is None:
        return NeedVerdict("consent", "failed", "the service is not in the directory", _CONSENT), None
    return NeedVerdict("consent", "passed", f"the service is in the directory as {principal}"), principal


def _without_consent(declined: DeclinedError) -> NeedVerdict:
    """Return the verdict for a directory that gives no token, or lets nothing be read with it."""
    found, advice = f"{declined.code}: {declined.message}", declined.refused.advice or _CONSENT
    if declined.code == "Authorization_RequestDenied":
        found = "the service may not read the directory, or has a token from before it might"
        advice = f"{_CONSENT} An older token is used for up to an hour."
    return NeedVerdict("consent", "failed", found, _CONSENT if declined.code == _NOT_THERE else advice)


async def _permissions(context: ActionContext, principal: str | None) -> tuple[NeedVerdict, ...]:
    if principal is None:
        advice = "Set DESKWRIGHT_CLIENT_ID, or run 'python -m deployment connect' again."
        return (NeedVerdict("permissions", "warning", "which identity the service has is not known", advice),)
    graph = context.deps.graph(context.tenant)
    given = await retry_while_throttled(lambda: given_permissions(graph, principal))
    own = _in_own_directory(context)
    advice = "Run 'python -m deployment connect' again." if own else f"{_CONSENT} It asks for what is new, too."
    return (needs.judge_permissions(wanted_permissions(), given, advice),)


async def _sign_in(context: ActionContext) -> tuple[NeedVerdict, ...]:
    client, graph = context.deps.settings.sign_in_client_id, context.deps.graph(context.tenant)
    if client is None:  # nobody signs in with a registration of ours
        return ()
    granted = await retry_while_throttled(lambda: consented_for_everybody(graph, client))
    policies = None if granted else await retry_while_throttled(lambda: consent_policies(graph))
    return (needs.judge_sign_in(granted=granted, policies=policies, link=_consent_url(context, client)),)


async def _single_sign_on(context: ActionContext) -> tuple[NeedVerdict, ...]:
    deps, tenant_id = context.deps, context.tenant.id
    wanted = [each.value.configuration.enable_single_sign_on async for each in deps.policies.each(tenant_id)]
    wanted += [each.value.hosts.enable_single_sign_on async for each in deps.spot_groups.each(tenant_id)]
    if not any(wanted):
        return ()
    graph = deps.graph(context.tenant)
    return (needs.judge_single_sign_on(await retry_while_throttled(lambda: remote_desktop_tokens(graph))),)


async def _licences(context: ActionContext) -> tuple[tuple[Licence, ...], tuple[NeedVerdict, ...]]:
    """Return the licences for Cloud PCs, none where they could not be read; and the verdict."""
    settings, found = context.tenant.settings, list[Licence]()

    async def judged() -> tuple[NeedVerdict, ...]:
        plans = {name: rule.to_json() for name, rule in settings.service_plans.items()}
        for each in await licenses_used(context):
            made = needs.licence_of(each.sku_part_number, each.total, plans.get(each.sku_part_number))
            found.extend([] if made is None else [Licence(made.part_number, made.total, each.cloud_pcs, made.sizes)])
        if settings.licence_source is LicenceSource.SEATS:
            return (needs.judge_seats(settings.seats, found),)
        skus = await retry_while_throttled(context.deps.graph(context.tenant).subscribed_skus)
        known = {each.part_number for each in found}
        others = sorted(sku.sku_part_number for sku in skus if sku.enabled and sku.sku_part_number not in known)
        return (needs.judge_licences(found, others, settings.service_plans),)

    verdicts = await _settled("licences", judged())
    return tuple(found), verdicts


async def _quotas(
    context: ActionContext, sites: Sequence[Site], licences: Sequence[Licence]
) -> tuple[NeedVerdict, ...]:
    if not sites:
        return (NeedVerdict("quota", "warning", "the tenant has no site yet", "Make one: it names the regions."),)
    first, several = {site.region for site in sites}, bool(context.tenant.further_subscription_ids)
    verdicts = []
    for each in await quotas(context):
        where = f"{each.region} of {each.subscription_id}" if several else each.region
        if each.error is not None:
            verdicts.append(NeedVerdict(f"quota {where}", "warning", each.error))
            continue
        free = {usage.family: usage.limit - usage.used for usage in each.usages}
        found = needs.judge_quota(where, free, licences)
        spare = each.region not in first or each.subscription_id != context.tenant.subscription_id
        mild = spare and found.status == "failed"
        verdicts.append(NeedVerdict(found.name, "warning", found.found, found.advice) if mild else found)
    return tuple(verdicts)


async def _settled(name: str, check: Awaitable[tuple[NeedVerdict, ...]]) -> tuple[NeedVerdict, ...]:
    """Return the verdicts of a check, or one on why there are none."""
    try:
        return await check
    except RefusedError as refused:
        return (_refusal(name, refused),)
    except UnavailableError as error:
        return (_no_answer(name, error),)


def _refusal(name: str, refused: RefusedError) -> NeedVerdict:
    advice = refused.refused.advice if isinstance(refused, DeclinedError) else None
    return NeedVerdict(name, "failed", f"{refused.code}: {refused.message}", advice or "See docs/permissions.md.")


def _no_answer(name: str, error: UnavailableError) -> NeedVerdict:
    _log.warning("%s could not be judged: %s", name, error)
    if isinstance(error, UnansweredError) and error.code.lower() in NOT_AUTHORIZED:
        advice = "Give the service its role first. A new one takes some minutes."
        return NeedVerdict(name, "failed", f"{error.code}: the service may not read it", advice)
    return NeedVerdict(name, "warning", "the cloud did not answer", "Check again in some minutes.")


def _worst(checks: Iterable[ReadinessCheck]) -> HealthStatus:
    found = {each.status for each in checks}
    bad = (HealthStatus.FAILED, HealthStatus.WARNING, HealthStatus.INFORMATIONAL)
    return next((each for each in bad if each in found), HealthStatus.PASSED)


def _in_own_directory(context: ActionContext) -> bool:
    return context.tenant.entra_tenant_id.lower() == context.deps.settings.provider_tenant_id.lower()


def _client_id(context: ActionContext) -> str | None:
    settings = context.deps.settings
    return settings.client_id if _in_own_directory(context) else settings.app_client_id


def _consent_url(context: ActionContext, client_id: str) -> str:
    return f"{context.deps.settings.authority_url}/{context.tenant.entra_tenant_id}/adminconsent?client_id={client_id}"
