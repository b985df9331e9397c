"""The wizards show which images of the tenant's own nothing can be built from, and why; of the others one is built."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.domain.images.image import OwnImage
from shared.domain.operations.operation import Actor
from shared.services.images import choices as image_choices
from shared.services.images import device_images, sources
from shared.services.operations.action_context import ActionContext
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.services import PaperServices

MANAGED = OwnImage(
    id=f"/subscriptions/{things.SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute/images/Uploaded",
    display_name="Uploaded",
    regions=("westeurope",),
)
LIST, CREATE = "GET …/deviceImages/getSourceImages", "POST …/deviceImages"
NEW = "/subscriptions/s/new"
FOUND = (
    MANAGED,
    OwnImage(id="/old", display_name="Office 1.0.0", fault="it is generation 1, and a Cloud PC needs generation 2"),
    OwnImage(id=NEW, display_name="Office 2.0.0", regions=("westeurope",)),
    OwnImage(id="/now", display_name="Office 3.0.0", ready=False),
)


async def test_what_cannot_be_used_comes_last_with_its_reason(
    contoso: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def found(*_: Any) -> tuple[OwnImage, ...]:
        return FOUND

    monkeypatch.setattr(sources, "own_images", found)
    actor = Actor(id="ada", name="Ada")
    context = ActionContext(
        contoso, actor, things.tenant(), verb="read", trace_id="t", now=things.NOW, seed=("t", "read")
    )
    choices = await image_choices.own_gallery_versions(context)
    assert [(each["value"], each["usable"]) for each in choices] == [
        (NEW, True),
        ("/old", False),
        ("/now", False),
    ]
    assert "generation 1" in choices[1]["title"]
    assert "Azure still makes it" in choices[2]["title"]
    choices = await image_choices.managed_images(context)
    assert [(each["value"], each["title"], each["regions"]) for each in choices] == [
        (MANAGED.id, "Uploaded", ["westeurope"])
    ]


async def test_an_uploaded_image_is_listed_and_built_from_over_http(
    office: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def found(*_: Any) -> tuple[OwnImage, ...]:
        return FOUND

    monkeypatch.setattr(device_images, "own_images", found)
    listed = json.loads((await ask(routes[LIST], LIST)).get_body())["value"]
    assert [(each["resourceId"], each["category"]) for each in listed] == [
        (MANAGED.id, "managedImage"),
        (NEW, "azureComputeGallery"),
    ]
    body = {"displayName": "Uploaded", "version": "1.0.0", "sourceImageResourceId": MANAGED.id, "siteId": "west"}
    answer = await ask(routes[CREATE], CREATE, body=json.dumps(body).encode())
    assert (answer.status_code, json.loads(answer.get_body())["sourceImageResourceId"]) == (201, MANAGED.id)
    saved = [each.value.source async for each in office.images.each(things.TENANT_ID)]
    assert [each.managed_image_id for each in saved if each.managed_image_id] == [MANAGED.id]
