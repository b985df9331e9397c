"""Create, change and delete scripts and apps, and read their current versions for policies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.build import Build
from shared.domain.cloud_pcs.windows_steps import STEPS
from shared.domain.operations.operation import ResourceType
from shared.domain.policies.policy import Policy
from shared.domain.policies.script import DeviceManagementScript, ScriptForm
from shared.domain.wizards.fields import folded
from shared.errors import ConflictError, InvalidError, Problem
from shared.services.operations.action_context import ActionContext
from shared.services.operations.in_the_way import refuse_while_used
from shared.services.operations.intents import Resource, make_change
from shared.services.operations.named_records import NamedKind, edited
from shared.services.operations.writes import removal
from shared.storage.due import DueKind
from shared.storage.repository import Stored

_SCRIPTS = NamedKind(
    ResourceType.SCRIPT,
    lambda deps: deps.scripts,
    Problem("/displayName", "a script of this name exists; choose another name"),
)
_NAME_OF_STEP = Problem("/displayName", "a step of post-provisioning has this name; choose another name")
_STEPS = frozenset(folded(step) for step in STEPS)

Written = Stored[DeviceManagementScript]


async def scripts_by_id(
    deps: Dependencies, tenant_id: str, policies: Iterable[Policy]
) -> dict[str, DeviceManagementScript]:
    """Return the scripts that policies of a tenant refer to; nothing is read where none does."""
    wanted = {each.script_id for policy in policies for each in policy.configuration.scripts}
    return {stored.value.id: stored.value for stored in await deps.scripts.several(tenant_id, sorted(wanted))}


async def create_script(context: ActionContext, form: ScriptForm) -> Written:
    """Save a script or package; it runs nowhere until a policy refers to it. Raises: InvalidError."""
    _check_name(form)
    script = _SCRIPTS.new(context, DeviceManagementScript, form, digest=form.content_digest)
    return await _SCRIPTS.insert(context, script, partial(_keep, context.deps, script))


async def update_script(context: ActionContext, stored: Written, given: Mapping[str, Any]) -> Written:
    """Apply the properties in *given*; null gives one its default back. Another content is a new version.

    Raises: InvalidError, StaleError.
    """
    before = stored.value
    form = edited(before.form, given)
    if form == before.form:
        return stored
    _check_name(form)
    digest = form.content_digest
    after = before.but(**dict(form), digest=digest, version=before.version + (digest != before.digest))

    async def promise() -> None:
        await _keep(context.deps, after)
        if digest != before.digest:
            await _renew_pools(context, after)

    return await _SCRIPTS.replace(context, stored, after, promise)


async def delete_script(context: ActionContext, stored: Written) -> None:
    """Delete a script that no policy refers to, and that no build still has to run. Raises: ConflictError, StaleError.

    Cloud PCs that were built with it keep the version and the digest in their records.
    """
    deps, script = context.deps, stored.value
    used = [each.display_name for each in await _policies_of(deps, script)]
    building = 0
    async for each in deps.machines.each(script.tenant_id):
        building += any(each.value.goes_on(build) and _runs(build, script) for build in each.value.builds)
    refuse_while_used("the script is in use", {"provisioningPolicies": used, "cloudPcs": building})
    versions = [each.value async for each in deps.script_versions.each(script.tenant_id, script_id=script.id)]

    async def remove() -> None:
        await deps.scripts.remove(script.tenant_id, script.id, seen=stored.etag)
        for version in versions:
            await deps.script_versions.remove(version.tenant_id, version.id)

    await make_change(context, Resource(_SCRIPTS.type, script.id), removal(script, remove))


async def delete_script_versions(deps: Dependencies, tenant_id: str) -> None:
    """Remove the contents of scripts that an interrupted deletion has left of a tenant that goes."""
    for stored in [each async for each in deps.script_versions.each(tenant_id)]:
        await deps.script_versions.remove(tenant_id, stored.value.id)


def _runs(build: Build, script: DeviceManagementScript) -> bool:
    return build.snapshot is not None and script.id in {each.script_id for each in build.snapshot.built_scripts}


def _check_name(form: ScriptForm) -> None:
    """Raise InvalidError for the name of a step of post-provisioning: a warning could be about either."""
    if folded(form.display_name) in _STEPS:
        raise InvalidError(_NAME_OF_STEP)


async def _keep(deps: Dependencies, script: DeviceManagementScript) -> None:
    """Keep the content of a version, before a record refers to it; the same content is kept once."""
    try:
        await deps.script_versions.insert(script.kept)
    except ConflictError:
        return


async def _renew_pools(context: ActionContext, script: DeviceManagementScript) -> None:
    """Have the pools looked at whose members were built with an earlier version."""
    for policy in await _policies_of(context.deps, script):
        if policy.pools:
            await context.deps.due.put(DueKind.POOL, context.now, policy.tenant_id, policy.id)


async def _policies_of(deps: Dependencies, script: DeviceManagementScript) -> list[Policy]:
    policies = [stored.value async for stored in deps.policies.each(script.tenant_id)]
    return [each for each in policies if script.id in {wanted.script_id for wanted in each.configuration.scripts}]
