"""Query parameters that there are not: own routes refuse them, Graph-shaped ones do as Graph does."""

from typing import Any

import pytest

from tests.integration.asking import ask, graph_shaped, told
from tests.integration.callers import Office
from tests.integration.scenes import WORKS

WITHOUT_FRAME = {"GET configuration", "GET health", "GET templates/customer.json", "POST graph/notifications"}
"""Routes that load balancers, clients before their sign-in and Graph call, which add parameters of their own."""


def own(routes: dict[str, Any]) -> list[str]:
    return [name for name in routes if not graph_shaped(name) and name not in WITHOUT_FRAME]


def shaped(routes: dict[str, Any]) -> list[str]:
    return [name for name in routes if "…" in name]


async def test_an_own_route_refuses_what_it_does_not_know(office: Office, routes: dict[str, Any]) -> None:
    for name in own(routes):
        answer = await ask(routes[name], name, query={"colour": "red"})
        assert (answer.status_code, [pointer for pointer, _ in told(answer)]) == (400, ["colour"]), name
        assert told(answer)[0][1].startswith("unknown query parameter; there are "), name


async def test_operations_have_no_status_that_there_is_not(office: Office, routes: dict[str, Any]) -> None:
    name = "GET tenants/{tenant}/operations"
    answer = await ask(routes[name], name, query={"status": "zz"})
    assert (answer.status_code, told(answer)[0][0]) == (400, "status")
    assert "running" in told(answer)[0][1]
    assert (await ask(routes[name], name, query={"status": "running"})).status_code == 200


async def test_a_graph_shaped_route_refuses_options_that_it_does_not_have(
    office: Office, routes: dict[str, Any]
) -> None:
    for name in shaped(routes):
        answer = await ask(routes[name], name, query={"$apply": "id"})
        assert (answer.status_code, [pointer for pointer, _ in told(answer)]) == (400, ["$apply"]), name


async def test_a_graph_shaped_route_ignores_what_is_no_option(office: Office, routes: dict[str, Any]) -> None:
    await office.cloud_pcs.insert(WORKS)
    at = {"id": WORKS.id}
    for name in shaped(routes):
        if name.startswith("GET"):
            plain = await ask(routes[name], name, at=at)
            other = await ask(routes[name], name, query={"colour": "red"}, at=at)
            assert plain.status_code == other.status_code, name


@pytest.mark.parametrize(("version", "shown"), [("beta", 0), ("v1.0", 2)])
async def test_beta_takes_options_without_their_dollar(
    office: Office, routes: dict[str, Any], version: str, shown: int
) -> None:
    name = "GET …/onPremisesConnections"
    answer = await ask(routes[name], name, query={"filter": "displayName eq 'none'"}, at={"version": version})
    assert answer.get_body().count(b'"displayName"') - answer.get_body().count(b'"displayName":"none"') >= shown
    assert (b'"value":[]' in answer.get_body()) == (shown == 0)
