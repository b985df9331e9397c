"""Image versions: the steps of a recipe on the temporary machine, and the replication of the captured version."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping

from activities.images.images import is_begun
from activities.machines.run_commands import begin_run_command, read_run_command
from activities.machines.software import package_parameters, software_script, step_of
from activities.operations.at_work import being_published, of_its_work
from shared.clients.arm import begin, parse_id
from shared.contracts.calls import ordered_tag
from shared.contracts.image_versions import (
    BEGIN_PUBLICATION,
    BEGIN_RECIPE_STEP,
    READ_RECIPE_STEP,
    PublishOrder,
    RecipeStepOrder,
)
from shared.contracts.outcomes import Accepted, Done, MissingError, NoCapacity, Pending, Refused
from shared.dependencies import dependencies
from shared.domain.spot.images.image_set import RecipeStep
from shared.domain.spot.images.image_version import replicas_for
from shared.services.images.replicas import republished, uses_of_set
from shared.workflow import Blueprint, implements

bp = Blueprint()

_HIDDEN = "***"


def _command(order: RecipeStepOrder) -> str:
    return f"deskwright-recipe-{order.number}"


async def _step(order: RecipeStepOrder) -> RecipeStep | None:
    found = await dependencies().image_versions.find(order.machine.tenant_id, order.machine.owner.id)
    steps = found.value.recipe if found else None
    return steps[order.number] if steps and order.number < len(steps) else None


_GONE = Refused.model_construct(code="versionGone", message="the record of the version is gone", final=True)


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_RECIPE_STEP, fence=of_its_work)
async def begin_recipe_step(order: RecipeStepOrder) -> Accepted | Refused:
    """Start a step of the recipe that the version was made with."""
    step = await _step(order)
    if step is None:
        return _GONE
    values = package_parameters(step.package_id, step.package_version)
    secrets = await _secrets(order, step)
    if isinstance(secrets, Refused):
        return secrets
    encoded = {"Secrets": _encoded(secrets)} if secrets else {}
    return await begin_run_command(
        order.machine, _command(order), software_script(step.script), values, secrets=encoded
    )


def without(secrets: Iterable[str], text: str) -> str:
    """Return a text of a script without the secrets that it had; a console breaks its lines anywhere."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = re.sub(r"\s*".join(map(re.escape, secret)), _HIDDEN, text)
    return text


def _encoded(secrets: Mapping[str, str]) -> str:
    """Return secrets as the frame reads them: JSON in Base64, which no shell reads."""
    return b64encode(json.dumps(secrets).encode()).decode()


async def _secrets(order: RecipeStepOrder, step: RecipeStep) -> dict[str, str] | Refused:
    """Read the secrets of a step from Key Vault, by the names that the record of the set has now."""
    if not step.secrets:
        return {}
    deps, tenant_id = dependencies(), order.machine.tenant_id
    version = await deps.image_versions.find(tenant_id, order.machine.owner.id)
    image_set = await deps.image_sets.find(tenant_id, version.value.image_set_id) if version else None
    addresses = {each.name: each.secret_url for each in image_set.value.stored_secrets} if image_set else {}
    found: dict[str, str] = {}
    for name in step.secrets:
        try:
            address = addresses[name]
            found[name] = await deps.vault().read(address)
        except (KeyError, MissingError):
            message = f"step {order.number + 1} ({step.name}) needs the secret {name}, which the set does not have"
            advice = "Write its value into the recipe of the set, then make another version."
            return Refused(code="recipeSecretMissing", message=message, advice=advice, final=True)
    return found


@bp.activity_trigger(input_name="payload")
@implements(READ_RECIPE_STEP)
async def read_recipe_step(order: RecipeStepOrder) -> Done | Pending | Refused:
    """Read the report of a step."""
    step = await _step(order)
    if step is None:
        return _GONE
    name = step_of(step.script)
    reported = await read_run_command(order.machine, _command(order), (name,))
    if isinstance(reported, Pending):
        return reported
    ok, message = reported[name]
    if ok:
        return Done()
    secrets = await _secrets(order, step)
    if isinstance(secrets, Refused):  # changed since: what the script has said may have the value that it had
        message = "a secret was changed meanwhile: what the script has said is not shown"
    else:
        message = without(secrets.values(), message)
    return Refused(
        code="recipeFailed",
        message=f"step {order.number + 1} ({step.name}) failed",
        evidence=message,
        advice="Correct the recipe of the set, then make another version.",
        final=True,
    )


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_PUBLICATION, fence=being_published)
async def begin_publication(order: PublishOrder) -> Accepted | NoCapacity | Refused:
    """Begin to replicate a version to all its regions, with as many replicas as its hosts need.

    One that this order, or a later one, has begun to replicate or to make is not put again.
    """
    deps, identity = dependencies(), order.gallery_version.version_id
    version, tenant_id = parse_id(identity), order.tenant_id
    hosts = sum(use.hosts for use in await uses_of_set(deps, tenant_id, order.image_set_id))
    versions = deps.compute(order.gallery_version.subscription_id).gallery_image_versions
    found = await versions.get(version.resource_group, *version.names)
    if is_begun(found):
        return Accepted(resource_id=identity)
    body = republished(found, order.regions, replicas_for(hosts), excludeFromLatest=not order.validated)
    body["tags"] = {**(found.tags or {}), **ordered_tag(deps.clock.now())}
    gallery, definition, number = version.names
    return await begin(
        lambda hook: versions.begin_create_or_update(
            version.resource_group, gallery, definition, number, body, polling=False, raw_response_hook=hook
        ),
        resource_id=identity,
    )
