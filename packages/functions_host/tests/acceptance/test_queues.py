"""Queue triggers against Azurite, over TLS, with a managed identity (host.md 8, 61-65)."""

import base64
from typing import Any

import pytest

from packages.functions_host.tests.acceptance.account import Account
from packages.functions_host.tests.acceptance.conftest import StartDoors
from packages.functions_host.tests.conftest import RunningHost, until

pytestmark = pytest.mark.azurite


def messages(host: RunningHost, begins: str) -> list[dict[str, Any]]:
    return [one for one in host.call("GET", "/messages").json if one["body"].startswith(begins)]


def held(host: RunningHost, begins: str) -> list[str]:
    return [one for one in host.call("GET", "/held").json if one.startswith(begins)]


def test_05_without_a_route_prefix_routes_begin_at_the_root(doors: RunningHost) -> None:
    assert doors.call("GET", "/held").status == 200
    assert doors.call("GET", "/api/held").status == 404
    assert doors.call("GET", "/admin/host/ping").status == 200


def test_headers_of_host_json_are_on_every_answer(doors: RunningHost) -> None:
    assert doors.call("GET", "/held").headers["X-Content-Type-Options"] == "nosniff"
    assert doors.call("GET", "/nowhere").headers["X-Content-Type-Options"] == "nosniff"


def test_61_a_handled_message_is_deleted_and_one_that_always_fails_is_poison_after_five_runs(
    doors: RunningHost, account: Account
) -> None:
    failing = ["fail always", "fail too", "fail as well"]  # together, into a poison queue that is not there
    with account.queue("doors-work-poison") as poison:
        poison.delete_queue()
    account.send("doors-work", "grüße", *failing)
    until(lambda: account.left("doors-work") == 0, 30)
    assert set(map(encoded, failing)) <= set(account.poisoned("doors-work"))
    assert [one["count"] for one in messages(doors, "grüße")] == [1]
    assert [one["count"] for one in messages(doors, "fail always")] == [1, 2, 3, 4, 5]


def encoded(body: str) -> str:
    return base64.b64encode(body.encode()).decode()


def test_62_at_most_a_batch_and_the_threshold_run_at_once(start_doors: StartDoors, account: Account) -> None:
    account.send("doors-many", *(f"many-{number:02}" for number in range(40)))
    host = start_doors("slow", environ={**account.environ, "SLOW_QUEUE": "doors-many"})
    first = until(lambda: one if len(one := held(host, "many")) == 16 else None)
    for body in first[:8]:  # eight are left: so few that the next batch is fetched
        host.call("DELETE", f"/held/{body}")
    until(lambda: len(held(host, "many")) == 24)
    assert len(messages(host, "many")) == 32
    while len(messages(host, "many")) < 40 or held(host, "many"):
        assert len(held(host, "many")) <= 24
        host.call("DELETE", "/held/many")
    assert {one["count"] for one in messages(host, "many")} == {1}


def test_63_a_message_in_hand_is_renewed_and_not_given_out_twice(start_doors: StartDoors, account: Account) -> None:
    environ = {**account.environ, "SLOW_QUEUE": "doors-long"}
    host = start_doors("slow", arguments=["--queue-visibility", "2", "--verbose"], environ=environ)
    account.send("doors-long", "long")
    until(lambda: host.log.read_text().count("renewed") >= 3)  # more than twice its two seconds have begun
    assert held(host, "long") == ["long"]
    host.call("DELETE", "/held/long")
    until(lambda: account.left("doors-long") == 0)
    assert [one["count"] for one in messages(host, "long")] == [1]


def test_64_a_queue_that_is_not_there_is_waited_for_and_then_read(start_doors: StartDoors, account: Account) -> None:
    host = start_doors("work", environ={**account.environ, "WORK_QUEUE": "doors-later"})
    until(lambda: "not there yet" in host.log.read_text())
    account.send("doors-later", "at last")
    until(lambda: messages(host, "at last"))
    until(lambda: account.left("doors-later") == 0)


def test_65_a_message_that_is_no_base64_ends_in_poison_and_the_host_lives(doors: RunningHost, account: Account) -> None:
    with account.queue("doors-work") as queue:
        queue.send_message("%%% no base64")
    until(lambda: "%%% no base64" in account.poisoned("doors-work"), 30)
    account.send("doors-work", "after that")
    until(lambda: messages(doors, "after that"))
