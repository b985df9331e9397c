"""Messages about the forms of image sets and Spot Groups: every field, at any depth, with every wrong value.

The forms are reviewed against what the service knows, which is read once: there are some 2,500 of them.
"""

import copy
import json
from types import SimpleNamespace
from typing import Any

import pytest

from shared.domain.operations.operation import Actor
from shared.domain.wizards.create_image_set import review_image_set
from shared.domain.wizards.create_image_version import review_image_version
from shared.domain.wizards.create_spot_group import review_spot_group
from shared.domain.wizards.edit_spot_group import review_spot_group_edit
from shared.domain.wizards.update_spot_group import review_spot_group_update
from shared.services.operations.action_context import ActionContext
from shared.services.spot.facts import spot_group_facts
from shared.services.spot.image_sets import image_set_facts
from shared.services.wizards.wizards import version_facts
from tests.integration import things
from tests.integration.callers import Office
from tests.integration.desks import with_a_host
from tests.integration.spot_forms import SPOT_FORMS
from tests.integration.test_wrong_bodies import EITHER, TOO_MUCH, WRONG, at_pointer, faults, spoilt

EITHER.add(("/recipe/secrets", "/recipe/steps"))  # a step asks for a secret that is not there


async def problems(office: Office, name: str, forms: list[Any]) -> list[list[tuple[str, str]]]:
    """Return the pointers and messages of the errors in each of some forms of a wizard."""
    tenant, actor = (await office.tenants.get("contoso")).value, Actor(id="eve", name="eve", kind="itPro", roles=())
    context = ActionContext(office, actor, tenant, "save", "t", things.NOW, ("seed",))
    sets = await image_set_facts(context)
    versions = await version_facts(context, sets)
    groups = await spot_group_facts(context, SPOT_FORMS["create-spot-group"], with_forecast=False)
    reviews = {
        "create-image-set": lambda form: review_image_set(form, sets),
        "create-image-version": lambda form: review_image_version(form, versions),
        "create-spot-group": lambda form: review_spot_group(form, groups),
        "edit-spot-group": lambda form: review_spot_group_edit(form, groups),
        "update-spot-group": lambda form: review_spot_group_update(form, groups, things.NOW),
    }
    return [[(each.pointer, each.message) for each in reviews[name](form)[1].problems] for form in forms]


@pytest.mark.parametrize("name", SPOT_FORMS)
async def test_a_wrong_field_is_named_and_said_how_to_write(office: Office, name: str) -> None:
    await with_a_host(office)
    form = SPOT_FORMS[name]
    assert await problems(office, name, [copy.deepcopy(form)]) == [[]]
    wrongs = list(spoilt(form, WRONG))
    said = await problems(office, name, [sent for _, sent in wrongs])
    found: dict[str, str] = {}
    for (field, sent), told in zip(wrongs, said, strict=True):
        value = at_pointer(sent, field)
        if not told and (value in TOO_MUCH or "nobodyKnowsThis" in field):
            found[f"{field} = {json.dumps(value)[:60]}"] = "it was taken"
        answer = SimpleNamespace(get_body=lambda told=told: answered(told))
        for fault in faults(answer, field):
            found[f"{field} = {json.dumps(value)[:60]}"] = fault
    assert found == {}


def answered(told: list[tuple[str, str]]) -> bytes:
    """Return the body that the service answers such problems with."""
    return json.dumps({"errors": [{"pointer": pointer, "message": message} for pointer, message in told]}).encode()
