"""The wizards: what they ask with today's choices, what a form comes to, and saving it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import azure.functions as func

from shared.clients.throttling import retry_while_throttled
from shared.domain.graph.shapes import POLICY
from shared.domain.locales import LOCALES
from shared.domain.shown import OPERATION
from shared.domain.wizards import CREATE_CONNECTION, CREATE_DEVICE_IMAGE, CREATE_PROVISIONING_POLICY, WIZARDS, Wizard
from shared.domain.wizards.create_connection import review_connection
from shared.domain.wizards.create_device_image import review_device_image
from shared.domain.wizards.create_provisioning_policy import review_policy
from shared.domain.wizards.forms import REVIEW
from shared.domain.wizards.reviews import Review
from shared.domain.wizards.shapes import FORMS, FORMS_SO_FAR, WIZARD
from shared.errors import InvalidError, NotFoundError, Problem
from shared.services.licences import licences
from shared.workflow import Blueprint, DurableClient
from triggers.http.connections import connection_facts, save_connection_form
from triggers.http.endpoints import Answer, Call, endpoint, ok
from triggers.http.idempotency import once
from triggers.http.images import image_facts, offered_images, save_device_image_form
from triggers.http.policies import save_policy_form
from triggers.http.wizard_lookups import policy_facts

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_MOST_GROUPS = 50

Choices = dict[str, list[dict[str, Any]]]


@bp.route(route="tenants/{tenant}/wizards/{wizard}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/wizards/read", returns=WIZARD, query=("search",))
async def get_wizard(call: Call) -> Answer:
    """Show a wizard: its steps, a JSON schema of each, and today's choices; ``search`` looks for groups."""
    wizard = _wizard(call)
    choices = await _CHOICES[wizard.name](call)
    steps = [
        {
            "name": step.name,
            "title": step.title,
            "hint": step.hint,
            "schema": step.accepts.model_json_schema(by_alias=True) if step.accepts else None,
            "choices": {field: each for name, each in choices.items() if (field := _field(name, step.name))},
        }
        for step in wizard.steps
    ]
    return ok({"name": wizard.name, "title": wizard.title, "steps": steps})


@bp.route(route="tenants/{tenant}/wizards/{wizard}/review", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/wizards/review", accepts={"anyOf": [*FORMS_SO_FAR]}, returns=Review)
async def review_wizard(call: Call) -> Answer:
    """Review a form as far as it is filled in; nothing is saved."""
    wizard = _wizard(call)
    form = call.json()
    through_step = form.pop("throughStep", REVIEW)
    if not isinstance(through_step, str):
        raise InvalidError(Problem("/throughStep", "must be the name of a step"))
    wizard.until(through_step)
    reviewed = await _REVIEWS[wizard.name](call, form, through_step)
    return ok(reviewed.to_json())


@bp.route(route="tenants/{tenant}/wizards/{wizard}", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/wizards/save", accepts={"anyOf": [*FORMS]}, returns={201: POLICY, 202: OPERATION})
async def save_wizard(call: Call, client: DurableClient) -> Answer:
    """Save a form: 201 with what was made, or 202 with the operation that makes it."""
    wizard = _wizard(call)
    return await once(call, lambda: _SAVES[wizard.name](call, client))


def _wizard(call: Call) -> Wizard:
    try:
        return WIZARDS[call.param("wizard")]
    except KeyError:
        raise NotFoundError(f"there is no such wizard; there are {', '.join(WIZARDS)}") from None


def _field(name: str, step: str) -> str | None:
    of, _, field = name.partition("/")
    return field if of == step else None


async def _review_connection(call: Call, form: dict[str, Any], through_step: str) -> Review:
    return review_connection(form, await connection_facts(call), through_step)[0]


async def _review_image(call: Call, form: dict[str, Any], through_step: str) -> Review:
    return review_device_image(form, await image_facts(call), through_step)[0]


async def _review_policy(call: Call, form: dict[str, Any], through_step: str) -> Review:
    facts = await policy_facts(call, form, foresee=True)
    return review_policy(form, facts, through_step)[0]


async def _connection_choices(call: Call) -> Choices:
    return {
        "site/siteId": await _sites(call),
        "credentials/joinType": [
            {"value": "azureADJoin", "title": "Microsoft Entra join"},
            {"value": "hybridAzureADJoin", "title": "Microsoft Entra hybrid join"},
        ],
        "credentials/network": [{"value": "hosted", "title": "Hosted network (Entra join only)"}],
    }


async def _image_choices(call: Call) -> Choices:
    facts = await image_facts(call)
    return {
        "site/siteId": await _sites(call),
        "source/galleryImageId": [{"value": i.id, "title": i.display_name} for i in facts.gallery_images],
        "source/galleryVersionId": [
            {"value": v.id, "title": v.display_name, "regions": list(v.regions)}
            for v in facts.gallery_versions
            if v.ready
        ],
    }


async def _policy_choices(call: Call) -> Choices:
    deps, tenant = call.deps, call.tenant
    graph = deps.graph(tenant)
    search = call.query("search") or ""
    groups = await retry_while_throttled(lambda: graph.groups(search, _MOST_GROUPS))
    connections = [stored.value async for stored in deps.connections.each(tenant.id)]
    images = [stored.value async for stored in deps.images.each(tenant.id)]
    gallery = [{"value": i.id, "title": i.display_name, "imageType": "gallery"} for i in await offered_images(call)]
    custom = [
        {
            "value": i.id,
            "title": f"{i.display_name} {i.version}",
            "imageType": "custom",
            "regions": list(i.regions),
        }
        for i in images
        if i.status.value in {"ready", "warning"}
    ]
    return {
        "connection/connectionIds": [
            {
                "value": c.id,
                "title": c.display_name,
                "usable": c.usable,
                "healthCheckStatus": c.health_check_status.value,
                "siteId": c.site_id,
            }
            for c in connections
        ],
        "image/imageId": [*custom, *gallery],
        "configuration/locale": [{"value": locale, "title": locale} for locale in LOCALES],
        "groups/groupIds": [{"value": g.id, "title": g.display_name, "kind": g.kind} for g in groups if g.assignable],
        "groups/servicePlans": [{"value": p.id, "title": p.display_name} for p in (await licences(call)).values()],
    }


async def _sites(call: Call) -> list[dict[str, Any]]:
    return [
        {"value": s.value.id, "title": s.value.display_name, "regions": list(s.value.regions)}
        async for s in call.deps.sites.each(call.tenant.id)
    ]


_CHOICES: dict[str, Callable[[Call], Awaitable[Choices]]] = {
    CREATE_CONNECTION.name: _connection_choices,
    CREATE_DEVICE_IMAGE.name: _image_choices,
    CREATE_PROVISIONING_POLICY.name: _policy_choices,
}
_REVIEWS: dict[str, Callable[[Call, dict[str, Any], str], Awaitable[Review]]] = {
    CREATE_CONNECTION.name: _review_connection,
    CREATE_DEVICE_IMAGE.name: _review_image,
    CREATE_PROVISIONING_POLICY.name: _review_policy,
}
_SAVES: dict[str, Callable[[Call, DurableClient], Awaitable[Answer]]] = {
    CREATE_CONNECTION.name: save_connection_form,
    CREATE_DEVICE_IMAGE.name: save_device_image_form,
    CREATE_PROVISIONING_POLICY.name: save_policy_form,
}
