"""Requests are repeated where that is safe, and only there."""

from __future__ import annotations

import pytest
from deskwright.client import Client
from deskwright.errors import CommandError, RefusedError, UsageError

from cli.tests.conftest import HANG_UP, Service

KEY = {"Idempotency-Key": "k"}


@pytest.fixture
def client(service: Service) -> Client:
    return Client(service.address, lambda: "a-token")


def test_a_busy_service_is_asked_again_when_it_says(client: Client, service: Service) -> None:
    service.put("GET", "/tenants", status=503, Retry_After="0")
    service.put("GET", "/tenants", {"value": []})
    assert client.ask("GET", "/tenants").body == {"value": []}
    assert len(service.requests("GET", "/tenants")) == 2


def test_a_keyed_change_whose_answer_was_lost_is_sent_again_with_its_key(client: Client, service: Service) -> None:
    service.put("POST", "/tenants", status=HANG_UP)
    service.put("POST", "/tenants", {"id": "contoso"}, 201)
    assert client.ask("POST", "/tenants", body={"id": "contoso"}, headers=KEY).status == 201
    assert [each.headers["idempotency-key"] for each in service.requests("POST", "/tenants")] == ["k", "k"]


def test_a_change_without_a_key_is_sent_once(client: Client, service: Service) -> None:
    service.put("POST", "/tenants", status=HANG_UP)
    with pytest.raises(CommandError, match="cannot be reached"):
        client.ask("POST", "/tenants", body={})
    assert len(service.requests("POST", "/tenants")) == 1


def test_the_first_request_of_a_key_is_waited_for(client: Client, service: Service) -> None:
    service.put("POST", "/pause", {"title": "Not in the present state"}, 409, Retry_After="0")
    service.put("POST", "/pause", {"paused": None})
    assert client.ask("POST", "/pause", headers=KEY).status == 200


def test_a_conflict_that_does_not_pass_is_told_at_once(client: Client, service: Service) -> None:
    service.put("POST", "/pause", {"title": "Not in the present state", "details": {"inTheWay": ["a"]}}, 409)
    with pytest.raises(RefusedError) as refused:
        client.ask("POST", "/pause", headers=KEY)
    assert refused.value.details == {"inTheWay": ["a"]}
    assert len(service.requests("POST", "/pause")) == 1


def test_what_a_lost_request_has_deleted_is_deleted(client: Client, service: Service) -> None:
    service.put("DELETE", "/tenants/contoso", status=HANG_UP)
    service.put("DELETE", "/tenants/contoso", {"title": "There is no such thing"}, 404)
    assert client.ask("DELETE", "/tenants/contoso").status == 204


def test_a_list_is_read_page_by_page_at_the_address_that_we_know(client: Client, service: Service) -> None:
    link = "https://behind-a-proxy.example/api/tenants?$skiptoken=2"
    service.put("GET", "/tenants?$top=2", {"value": [{"id": "a"}, {"id": "b"}], "nextLink": link})
    service.put("GET", "/tenants?$skiptoken=2", {"value": [{"id": "c"}]})
    assert [each["id"] for each in client.items("/tenants", {"$top": "2"})] == ["a", "b", "c"]
    assert [each["id"] for each in client.items("/tenants", {"$top": "2"}, limit=1)] == ["a"]


@pytest.mark.parametrize("address", ["http://deskwright.example", "ftp://x", "deskwright.example", "https://"])
def test_no_token_is_sent_where_others_can_read_it(address: str) -> None:
    with pytest.raises(UsageError):
        Client(address, lambda: "a-token")


def test_a_token_is_sent(client: Client, service: Service) -> None:
    client.ask("GET", "/me")
    assert service.requests("GET", "/me")[0].headers["authorization"] == "Bearer a-token"
