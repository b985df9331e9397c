"""Why a user has, will have, or lacks a Cloud PC; and the snapshots that the tenant's policies would build now."""

from __future__ import annotations

from shared.clients.directory import assigned_groups, existing_groups
from shared.domain.images.image import ImageType
from shared.domain.planning.drift import TenantPolicies
from shared.domain.planning.explain import AppliedSetting, Explanation, applied_settings, explain
from shared.domain.planning.queueing import waits
from shared.domain.policies.policy import Policy
from shared.services.action_context import ActionContext
from shared.services.directory_names import group_names
from shared.services.licenses import licensed_user
from shared.services.user_settings import groups_among


async def read_configuration(context: ActionContext) -> TenantPolicies:
    """Return the policies, images and settings from which the tenant's Cloud PCs would be built now."""
    deps, tenant = context.deps, context.tenant
    policies = {stored.value.id: stored.value async for stored in deps.policies.each(tenant.id)}
    custom = any(policy.image_type is ImageType.CUSTOM for policy in policies.values())
    images = {stored.value.id: stored.value async for stored in deps.images.each(tenant.id)} if custom else {}
    return TenantPolicies(policies, images, tenant.settings)


async def drifted(context: ActionContext, policy: Policy) -> int:
    """Return how many Cloud PCs of a policy would differ from it if it were as *policy*.

    One that is planned and not begun would not: it is built as the policy is then.
    """
    today, tenant_id = await read_configuration(context), context.tenant.id
    images = {stored.value.id: stored.value async for stored in context.deps.images.each(tenant_id)}
    then = TenantPolicies({**today.policies, policy.id: policy}, images, today.settings)
    pcs = [stored.value async for stored in context.deps.cloud_pcs.each(tenant_id, policy_id=policy.id)]
    return sum(drift.drifted for pc in pcs if not waits(pc) and (drift := then.drift(pc)) is not None)


async def explain_user(context: ActionContext, id_or_upn: str) -> Explanation:
    """Explain each Cloud PC of a user, named by id or principal name. Raises: NotFoundError."""
    deps, tenant = context.deps, context.tenant
    configuration = await read_configuration(context)
    entitled = await licensed_user(context, id_or_upn, assigned_groups(configuration.policies.values()))
    groups = await existing_groups(deps.graph(tenant), sorted(entitled.group_ids))
    records = [stored.value for stored in await deps.cloud_pcs.of_user(tenant.id, entitled.user.id)]
    names = {group.id: group.display_name for group in groups}
    explained = explain(entitled, configuration, records, names, tenant_id=tenant.id)
    return explained.but(user_settings=await _settings_of(context, entitled.user.id))


async def _settings_of(context: ActionContext, user_id: str) -> tuple[AppliedSetting, ...]:
    """Return the user settings that are assigned to groups of a user."""
    settings = [stored.value async for stored in context.deps.user_settings.each(context.tenant.id)]
    groups = await groups_among(context.deps, context.tenant, user_id, settings)
    return applied_settings(settings, groups, await group_names(context, groups))
