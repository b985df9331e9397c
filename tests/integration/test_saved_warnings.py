"""Warnings about a saved policy."""

import json
from typing import Any

from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.scenes import OFFERED

SAVE, ASSIGN = "POST tenants/{tenant}/wizards/{wizard}", "POST …/provisioningPolicies/{id}/assign"


async def test_a_saved_policy_warns_of_connections_that_join_in_different_ways(
    office: Office, routes: dict[str, Any]
) -> None:
    form = {
        "connection": {"connectionIds": ["c1", "c3"]},
        "image": {"imageType": "gallery", "imageId": OFFERED.id},
        "groups": {"groupIds": ["g2"]},
        "detail": {"displayName": "Mixed"},
    }
    at = {"wizard": "create-provisioning-policy"}
    saved = await ask(routes[SAVE], SAVE, body=json.dumps(form).encode(), at=at)
    body = json.loads(saved.get_body())
    assert (saved.status_code, [each["concern"] for each in body["@deskwright.warnings"]]) == (201, ["mixedJoinTypes"])

    groups = json.dumps({"assignments": [{"target": {"groupId": "g2"}}]}).encode()
    assigned = await ask(routes[ASSIGN], ASSIGN, body=groups, at={"id": body["id"]})
    operation_id = assigned.headers["Operation-Location"].rpartition("/")[2]
    operation = (await office.operations.get("contoso", operation_id)).value
    assert "mixedJoinTypes" in json.dumps(operation.to_json())
