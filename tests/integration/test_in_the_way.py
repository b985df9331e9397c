"""Refusals because something is in use: they name everything at once, and advise only what there is to do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from shared.domain.operations.operation import SYSTEM
from shared.errors import ConflictError
from shared.services.maintenance.tenant_deletion import delete_tenant
from shared.services.operations.action_context import ActionContext
from shared.services.operations.in_the_way import refuse_while_used
from tests.integration import desks, image_things, things
from tests.integration.asking import ask, told
from tests.integration.callers import Office


@pytest.mark.parametrize(
    ("users", "said"),
    [
        (
            {"provisioningPolicies": ["Office"], "spotGroups": ["Staff", "Sales"], "cloudPCs": 2},
            "provisioning policy Office, Spot Groups Staff and Sales and 2 Cloud PCs",
        ),
        ({"spotGroups": list("abcdefg"), "cloudPCs": 0}, "Spot Groups a, b, c, d, e and 2 more"),
        ({"build": "the image is being built", "cloudPcs": 1}, "the image is being built and 1 Cloud PC in the middle"),
    ],
)
def test_a_refusal_names_everything_in_words_and_as_data(users: Mapping[str, Sequence[str] | int], said: str) -> None:
    with pytest.raises(ConflictError) as refused:
        refuse_while_used("it is in use", users, advice="wait")
    assert str(refused.value).startswith(f"it is in use: {said}")
    assert str(refused.value).endswith("; wait")
    assert refused.value.details["inTheWay"] == {kind: of for kind, of in users.items() if of}
    refuse_while_used("it is in use", dict.fromkeys(users, 0))


async def test_a_connection_and_a_set_in_use_name_the_policy_and_the_spot_group(
    here: Office, routes: dict[str, Any]
) -> None:
    """The set has no version but its source: nothing is to be deleted first."""
    await here.policies.insert(things.policy())
    await here.image_sets.insert(image_things.image_set())
    await here.spot_groups.insert(desks.spot_group(image_set_id=image_things.image_set().id))
    delete = "DELETE …/onPremisesConnections/{id}"
    refused = await ask(routes[delete], delete, at={"id": "c1"})
    error = json.loads(refused.get_body())["error"]
    assert refused.status_code == 409
    assert {"provisioningPolicies", "spotGroups"} <= set(error["innerError"]["inTheWay"])
    assert "Spot Group Office" in error["message"]

    delete = "DELETE …/imageSets/{id}"
    refused = await ask(routes[delete], delete, at={"id": image_things.image_set().id})
    error = json.loads(refused.get_body())["error"]
    assert error["innerError"]["inTheWay"] == {"spotGroups": ["Office"]}
    assert "versions" not in error["message"]


async def test_the_review_of_a_tenant_says_that_its_id_is_kept_for_another_directory(
    here: Office, routes: dict[str, Any]
) -> None:
    review = "POST wizards/create-tenant/review"
    form = {
        "name": {"id": "fabrikam", "displayName": "Fabrikam"},
        "directory": {"entraTenantId": things.DIRECTORY, "subscriptionId": things.SUBSCRIPTION},
    }
    gone = things.tenant().but(id="fabrikam", entra_tenant_id="00000000-0000-0000-0000-000000000009")
    await here.tenants.insert(gone)
    verb, now = "Microsoft.CloudPC/tenants/delete", here.clock.now()
    context = ActionContext(here, SYSTEM, gone, verb=verb, trace_id="t1", now=now, seed=(verb, "t1"))
    await delete_tenant(context, await here.tenants.get("fabrikam"))
    answer = await ask(routes[review], review, body=json.dumps(form).encode())
    ((pointer, message),) = told(answer)
    assert (pointer, "another directory" in message) == ("/name/id", True)
