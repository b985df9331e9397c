"""Required and present rights of the service in a customer's subscription: resource providers, and its role.

The lists of `infra/` are deployed with the app: the same files as its templates and `deployment/` read.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

from shared.clients.arm import request, subscription_state
from shared.clients.pacing import retry_while_throttled
from shared.contracts.outcomes import DeclinedError, MissingError, Refused, UnansweredError
from shared.domain.azure_errors import NOT_AUTHORIZED
from shared.domain.tenants import needs
from shared.domain.tenants.customer_role import role_template
from shared.domain.tenants.needs import NeedVerdict
from shared.domain.tenants.tenant import Site
from shared.services.operations.action_context import ActionContext

Found = TypeVar("Found")
_INFRA = Path(__file__).parents[3] / "infra"
_PROVIDER_VERSION = "2021-04-01"
_PERMISSION_VERSION = "2022-04-01"
_DEPLOY = (
    "Deploy the template of the role in the subscription {}, for the service principal that this page shows: an Owner "
    "or User Access Administrator may, because it writes a role definition."
)


@cache
def _listed(name: str) -> tuple[str, ...]:
    return tuple(json.loads((_INFRA / name).read_text("utf-8")))


def wanted_permissions() -> tuple[str, ...]:
    """Return the application permissions of Microsoft Graph that the service needs."""
    return _listed("graph-roles.json")


def customer_template() -> dict[str, Any]:
    """Return the ARM template of the role, for the Azure portal."""
    return role_template(_listed("actions.json"))


async def judge_providers(context: ActionContext, subscription: str) -> tuple[NeedVerdict, ...]:
    """Judge the registration of the resource providers. Raises: RefusedError, UnavailableError."""
    compute = context.deps.compute(subscription)

    async def judge(namespace: str) -> NeedVerdict:
        path = f"/subscriptions/{subscription}/providers/{namespace}"
        found = await retry_while_throttled(partial(request, compute, "GET", path, _PROVIDER_VERSION))
        return needs.judge_provider(namespace, str(found.get("registrationState", "")), subscription)

    return tuple(await asyncio.gather(*map(judge, needs.PROVIDERS)))


async def judge_role(context: ActionContext, subscription: str, sites: Iterable[Site]) -> tuple[NeedVerdict, ...]:
    """Judge the actions that the service may do in a subscription, or else in each resource group of the tenant.

    Raises: RefusedError, UnavailableError.
    """
    actions, scope = _listed("actions.json"), f"/subscriptions/{subscription}"
    advice = _DEPLOY.format(subscription)
    try:
        everywhere = await _permissions(context, subscription, scope)
    except DeclinedError as declined:
        return (await _without_list(context, subscription, declined, advice),)
    whole = needs.judge_role(actions, everywhere, f"the subscription {subscription}", advice)
    if whole.status == "passed":
        return (whole,)
    groups = sorted({context.tenant.resource_group, *(site.resource_group for site in sites)})
    found = await asyncio.gather(*(_in_group(context, subscription, name, advice) for name in groups))
    if all(each.status == "failed" for each in found):
        return (whole,)
    reading = needs.judge_role(
        _listed("subscription-actions.json"), everywhere, f"reading in the subscription {subscription}", advice
    )
    failed = [each for each in (reading, *found) if each.status == "failed"]
    return tuple(failed) or (NeedVerdict("role", "passed", f"every action that is needed, in {', '.join(groups)}"),)


async def _in_group(context: ActionContext, subscription: str, name: str, advice: str) -> NeedVerdict:
    scope = f"/subscriptions/{subscription}/resourceGroups/{name}"
    try:
        given = await _permissions(context, subscription, scope)
    except MissingError:
        return NeedVerdict(
            "role", "failed", f"the resource group {name} does not exist", "Make it, and give the role there."
        )
    except DeclinedError as declined:
        return NeedVerdict("role", "failed", f"{name}: {declined.code}", advice)
    return needs.judge_role(_listed("actions.json"), given, f"the resource group {name}", advice)


async def _without_list(context: ActionContext, subscription: str, declined: DeclinedError, advice: str) -> NeedVerdict:
    """Judge a service that may not list its own permissions: it has no role at all, or an older one."""
    compute = context.deps.compute(subscription)
    try:
        await _looked_at(partial(subscription_state, compute, subscription))
    except DeclinedError:
        return NeedVerdict("role", "failed", str(declined), advice)
    found = f"the service may read {subscription}, and not list what else it may do there"
    return NeedVerdict("role", "warning", found, f"{advice} The role there is older, or another one.")


async def _permissions(context: ActionContext, subscription: str, scope: str) -> Sequence[Mapping[str, Sequence[str]]]:
    path = f"{scope}/providers/Microsoft.Authorization/permissions"
    compute = context.deps.compute(subscription)
    body = await _looked_at(partial(request, compute, "GET", path, _PERMISSION_VERSION))
    return list(body.get("value") or ())


async def _looked_at(read: Callable[[], Awaitable[Found]]) -> Found:
    """Return the result of *read*.

    An action that is not authorised is declined, not repeated: only a build waits for a new role.
    """
    try:
        return await retry_while_throttled(read)
    except UnansweredError as error:
        if error.code.lower() not in NOT_AUTHORIZED:
            raise
        raise DeclinedError(Refused(code=error.code, message="the service has no right to look")) from error
