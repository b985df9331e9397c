"""Every route of the app, asked by those who may not: generated from what the host lists, so that none is forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import pytest

from tests.e2e.callers import STRANGE_DIRECTORY, UNKNOWN_DIRECTORY, Route, routes, send, token
from tests.e2e.office import Office

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
ACTION = re.compile(r"/cloudPCs/\{id\}/\w+$|/bulkActions(/|$)|/runHealthChecks$|/orphans/scan$|/validateBulkResize$")
"""Actions on Cloud PCs that change no policy; tests/unit/auth has the table."""
TENANT_ROLES = ("CloudPC.Administrator", "CloudPC.Operator", "CloudPC.Reader")


@pytest.fixture
def office(open_office: OpenOffice) -> Office:
    return open_office()


@pytest.fixture
def customers(office: Office) -> Iterator[tuple[Office, Office]]:
    """Two tenants that both have things, of different directories: the provider's own, and a customer's."""
    other = Office(office.stack, office.portal, f"{office.name}c")
    body = {
        "id": other.name,
        "displayName": "Customer",
        "entraTenantId": STRANGE_DIRECTORY,
        "subscriptionId": other.subscription,
    }
    office.portal.ask("POST", "/tenants", body)
    for each, name in ((each, name) for each in (office, other) for name in ("main", "second", "third")):
        place = {"displayName": name, "region": "westeurope", "resourceGroup": f"{name}-{each.name}"}
        each.portal.ask("PUT", f"{each.base}/sites/{name}", place)
    customer_s = token(office.stack, *TENANT_ROLES, tid=STRANGE_DIRECTORY)
    at_home = f"tenants/{office.name}"
    office.until(
        lambda: send(office.stack, "GET", at_home, customer_s)[0] == HTTPStatus.NOT_FOUND,
        says="the customer's directory is known",
    )
    yield office, other
    office.portal.ask("POST", f"{other.base}/pause", {"reason": "its test is over"})


def answers(office: Office, bearer: str | None, wanted: Callable[[Route], bool] = lambda _: True) -> dict[str, Any]:
    """Return the status of every route's answer to this caller."""
    asked = [route for route in routes(office.stack, office.name) if wanted(route)]
    assert asked
    bodies: dict[Route, Any] = {route: None if route.method in {"GET", "DELETE"} else {} for route in asked}
    return {str(route): send(office.stack, route.method, route.path, bearer, bodies[route])[0] for route in asked}


def others(statuses: dict[str, int], expected: int) -> dict[str, int]:
    return {route: status for route, status in statuses.items() if status != expected}


def test_without_a_token_every_route_answers_401(office: Office) -> None:
    assert others(answers(office, None), 401) == {}


@pytest.mark.parametrize(
    "wishes", [{"wrongKey": True}, {"expiresIn": -3600}, {"audience": "api://other"}], ids=lambda w: next(iter(w))
)
def test_with_a_token_that_does_not_hold_every_route_answers_401(office: Office, wishes: dict[str, Any]) -> None:
    bad = token(office.stack, "Provider.Administrator", "CloudPC.Administrator", **wishes)
    assert others(answers(office, bad), 401) == {}


def test_whose_directory_nobody_knows_learns_nothing_from_any_route(office: Office) -> None:
    unknown = token(office.stack, *TENANT_ROLES, "Provider.Administrator", tid=UNKNOWN_DIRECTORY)
    assert others(answers(office, unknown), 401) == {}


def test_whether_a_tenant_exists_shows_in_no_answer(customers: tuple[Office, Office]) -> None:
    home, customer = customers
    tokens = {
        "nobody's": token(home.stack, *TENANT_ROLES, tid=UNKNOWN_DIRECTORY),
        "forged, nobody's": token(home.stack, *TENANT_ROLES, tid=UNKNOWN_DIRECTORY, wrongKey=True),
        "forged, the provider's": token(home.stack, *TENANT_ROLES, wrongKey=True),
        "forged, the customer's": token(home.stack, *TENANT_ROLES, tid=STRANGE_DIRECTORY, wrongKey=True),
    }
    said = set()
    for bearer in tokens.values():
        for name in (home.name, customer.name, "nowhere"):
            status, body = send(home.stack, "GET", f"tenants/{name}", bearer)
            said.add((status, body["detail"]))
    assert [status for status, _ in said] == [401]

    customer_s = token(home.stack, *TENANT_ROLES, "Provider.Administrator", tid=STRANGE_DIRECTORY)
    there, nowhere = (send(home.stack, "GET", f"tenants/{name}", customer_s) for name in (home.name, "nowhere"))
    assert [(status, body["detail"]) for status, body in (there, nowhere)] == [(404, "there is no such tenant")] * 2


def test_outside_the_provider_s_directory_nobody_makes_or_lists_tenants(customers: tuple[Office, Office]) -> None:
    home, _ = customers
    customer = token(home.stack, *TENANT_ROLES, "Provider.Administrator", tid=STRANGE_DIRECTORY)
    assert others(answers(home, customer, lambda route: not (route.of_a_tenant or route.own)), 403) == {}


def test_only_two_versions_of_graph_are_there(office: Office) -> None:
    bearer = token(office.stack, *TENANT_ROLES)
    shaped = [route for route in routes(office.stack, office.name, version="v2.0") if route.graph_shaped]
    said = {str(route): send(office.stack, route.method, route.path, bearer)[0] for route in shaped}
    assert shaped
    assert others(said, 404) == {}


def test_the_other_tenant_of_the_same_directory_keeps_its_things(open_office: OpenOffice, office: Office) -> None:
    connection = office.connection()
    neighbour = Office(office.stack, office.portal, f"{office.name}b").open()
    seen = neighbour.portal.send("GET", f"{neighbour.graph}/onPremisesConnections/{connection}")
    listed = list(neighbour.portal.pages(f"{neighbour.graph}/onPremisesConnections"))
    assert (seen.status, listed) == (404, [])


def test_app_service_s_header_from_outside_lets_nobody_in(office: Office) -> None:
    forged = "eyJjbGFpbXMiOlt7InR5cCI6InRpZCIsInZhbCI6IngifV19"
    status, _ = send(office.stack, "GET", "tenants", None, headers={"X-MS-CLIENT-PRINCIPAL": forged})
    assert status == 401


def administrator(office: Office, directory: str | None) -> str:
    wishes = {"tid": directory} if directory else {}
    return token(office.stack, *TENANT_ROLES, **wishes)


@pytest.mark.parametrize("direction", ["to the customer", "to the provider's own"])
def test_no_customer_s_administrator_finds_anything_of_another(
    customers: tuple[Office, Office], direction: str
) -> None:
    home, customer = customers
    theirs, directory = (customer, None) if direction == "to the customer" else (home, STRANGE_DIRECTORY)
    bearer = administrator(home, directory)
    own = home if directory is None else customer

    assert send(own.stack, "GET", f"tenants/{own.name}", bearer)[0] == 200
    assert others(answers(theirs, bearer, lambda route: route.of_a_tenant), 404) == {}


def test_the_provider_s_role_opens_every_tenant_but_only_in_the_provider_s_directory(
    customers: tuple[Office, Office],
) -> None:
    home, customer = customers
    provider = token(home.stack, "Provider.Administrator")
    pretender = token(home.stack, "Provider.Administrator", tid=STRANGE_DIRECTORY)
    both = [send(home.stack, "GET", f"tenants/{each.name}", provider)[0] for each in (home, customer)]
    assert both == [200, 200]
    assert send(home.stack, "GET", f"tenants/{customer.name}", pretender)[0] == 403
    assert send(home.stack, "GET", f"tenants/{home.name}", pretender)[0] == 404


def test_the_ids_of_another_tenant_lead_nowhere(customers: tuple[Office, Office]) -> None:
    home, customer = customers
    connection = home.connection()
    (operation,) = home.portal.pages(f"{home.base}/operations")
    bearer = administrator(home, STRANGE_DIRECTORY)
    graph = customer.graph.removeprefix("/")
    for path in (
        f"tenants/{customer.name}/operations/{operation['id']}",
        f"{graph}/onPremisesConnections/{connection}",
    ):
        assert send(home.stack, "GET", path, bearer)[0] == 404
    listed = send(home.stack, "GET", f"tenants/{customer.name}/operations?resourceId={connection}", bearer)
    assert (listed[0], listed[1]["value"]) == (200, [])


def test_a_page_s_token_of_another_tenant_shows_nothing_of_it(customers: tuple[Office, Office]) -> None:
    home, customer = customers
    first = home.portal.ask("GET", f"{home.base}/sites?$top=1").body
    at = first["@odata.nextLink"].partition("$skiptoken=")[2]
    bearer = administrator(home, STRANGE_DIRECTORY)
    status, said = send(home.stack, "GET", f"tenants/{customer.name}/sites?$skiptoken={at}", bearer)
    assert status == 200
    assert all(site["resourceGroup"].endswith(customer.name) for site in said["value"])


def test_an_etag_of_another_tenant_s_thing_matches_nothing(customers: tuple[Office, Office]) -> None:
    home, customer = customers
    seen = home.portal.ask("GET", f"{home.base}/sites/main").headers["etag"]
    bearer = administrator(home, STRANGE_DIRECTORY)
    path = f"tenants/{customer.name}/sites/main"
    assert send(home.stack, "DELETE", path, bearer, headers={"If-Match": seen})[0] == 412
    assert send(home.stack, "GET", path, bearer)[0] == 200


def test_one_key_in_two_tenants_is_two_requests(customers: tuple[Office, Office]) -> None:
    home, customer = customers
    form = {
        "site": {"siteId": "main"},
        "credentials": {"joinType": "azureADJoin", "network": "hosted"},
        "name": {"displayName": "Hosted"},
    }
    saved = [
        each.portal.ask("POST", f"{each.base}/wizards/create-connection", form, {"Idempotency-Key": "same"})
        for each in (home, customer)
    ]
    assert len({answer.body["id"] for answer in saved}) == 2
    assert all("idempotent-replayed" not in answer.headers for answer in saved)


def test_a_customer_s_administrator_chooses_no_other_subscription(customers: tuple[Office, Office]) -> None:
    home, customer = customers
    form = {
        "site": {"siteId": "main", "subscriptionId": home.subscription},
        "credentials": {"joinType": "azureADJoin", "network": "hosted"},
        "name": {"displayName": "Theirs"},
    }
    path = f"tenants/{customer.name}/wizards/create-connection"
    status, said = send(home.stack, "POST", path, administrator(home, STRANGE_DIRECTORY), form)
    assert (status, said["errors"][0]["pointer"]) == (400, "/site/subscriptionId")
