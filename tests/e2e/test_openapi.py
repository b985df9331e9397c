"""Every route, driven from /api/openapi.json: no 5xx, and no answer that the document does not describe."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from local.stack import Stack
from tests.e2e.callers import send, token
from tests.e2e.conftest import StartStack
from tests.e2e.office import GALLERY_IMAGE, SMALL, Office
from tests.e2e.test_graph_surface import create_policy

pytestmark = [pytest.mark.e2e, pytest.mark.long]

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 5
"""For each route; there are about a hundred."""


def told(stack: Stack) -> Any:
    """Return the document, as everybody gets it who has a token."""
    status, document = send(stack, "GET", "openapi.json", token(stack))
    assert status == 200
    return document


def furnished(stack: Stack) -> tuple[Office, dict[str, str]]:
    """Return an office that has one of everything, and the ids to fill into addresses, by collection."""
    office = Office(stack, stack.portal(), "driven").open()
    upn = office.user(1, SMALL)
    connection = office.connection()
    policy = office.policy("Office", connection, office.group("staff", upn))
    body = {"displayName": "Desktop", "version": "1.0.0", "galleryImageId": GALLERY_IMAGE}
    image = office.portal.ask("POST", f"{office.graph}/deviceImages", body).body["id"]
    create_policy(office, connection, "Spare")
    pc = office.settled(upn)["id"]
    (event, *_) = office.portal.ask("GET", f"{office.graph}/auditEvents").body["value"]
    (operation, *_) = office.portal.ask("GET", f"{office.base}/operations").body["value"]
    return office, {
        "cloudPCs": pc,
        "provisioningPolicies": policy,
        "onPremisesConnections": connection,
        "deviceImages": image,
        "galleryImages": GALLERY_IMAGE,
        "supportedRegions": "westeurope",
        "auditEvents": event["id"],
        "operations": operation["id"],
    }


def good_bodies(ids: dict[str, str]) -> dict[str, Any]:
    """Return a body for each route that creates something; generated bodies are nearly always refused."""
    virtual = "/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint"
    site = {"siteId": "main"}
    credentials = {"joinType": "azureADJoin", "network": "hosted"}
    image = {"imageType": "gallery", "imageId": GALLERY_IMAGE}
    policy = {
        "displayName": "Second",
        "domainJoinConfigurations": [{"onPremisesConnectionId": ids["onPremisesConnections"]}],
        **image,
    }
    form = {"site": site, "credentials": credentials, "name": {"displayName": "Second"}}
    place = {"displayName": "M", "region": "westeurope", "resourceGroup": "pcs-driven"}
    return {
        "POST /tenants/{tenant}/wizards/{wizard}": form,
        "POST /tenants/{tenant}/wizards/{wizard}/review": form,
        f"POST {virtual}/onPremisesConnections": {"displayName": "Third", "connectionType": "azureADJoin"},
        f"POST {virtual}/deviceImages": {"displayName": "B", "version": "1.0.0", "galleryImageId": GALLERY_IMAGE},
        f"POST {virtual}/provisioningPolicies": policy,
        "PUT /tenants/{tenant}/sites/{site}": place,
    }


def drive(operation: Any, answer: Callable[[Any], Any]) -> list[int]:
    """Call a route with made-up arguments, some of which are there; return the statuses. Fails on a wrong answer."""
    statuses: list[int] = []

    @settings(
        max_examples=EXAMPLES,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def called(case: Any) -> None:
        said = answer(case)
        statuses.append(said.status_code)
        case.validate_response(said, checks=CHECKS)

    called()
    return statuses


def test_no_route_breaks_or_answers_what_is_not_described(start_stack: StartStack) -> None:
    stack = start_stack()
    office, ids = furnished(stack)
    described = schemathesis.openapi.from_dict(told(stack))
    headers = {"Authorization": f"Bearer {office.portal.token()}"}
    known = {"tenant": office.name, "site": "main", "wizard": "create-connection", "version": "v1.0", "number": "0.0.0"}
    known |= {"operation": ids["operations"], "host": "h1"}
    made_up = itertools.count()

    def call(case: Any, *, invent: bool = True) -> Any:
        here = case.path_parameters
        collection = next((part for part in case.operation.path.split("/") if part in ids), "")
        for name in here:
            if name != "id":
                here[name] = here[name] if invent and name in {"wizard", "version"} else known[name]
            elif next(made_up) % 3:
                here["id"] = ids.get(collection, here["id"])
        return case.call(base_url=f"{stack.addresses.api}/api", headers=headers)

    operations: list[Any] = [found.ok() for found in described.get_all_operations() if isinstance(found, Ok)]
    # What is deleted cannot be looked at; what is paused or resumed is so for a moment only.
    operations.sort(key=lambda operation: (operation.method == "delete", operation.method != "get"))
    bodies = good_bodies(ids)
    for operation in operations:
        if operation.label in bodies:
            names = [each.name for each in operation.path_parameters]
            case = operation.Case(path_parameters=dict.fromkeys(names, "x"), body=bodies[operation.label])
            answer = call(case, invent=False)
            case.validate_response(answer, checks=CHECKS)
            assert answer.status_code in {200, 201, 202}, (operation.label, answer.text)
        assert drive(operation, call)
    assert len(operations) == sum(len(methods) for methods in described.raw_schema["paths"].values())
