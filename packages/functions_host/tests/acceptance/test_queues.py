"""Queue triggers against Azurite, over TLS, with a managed identity (facts 61 to 65)."""

import base64
from typing import Any

import pytest
from host_testing.running import RunningHost, until
from host_testing.storage_account import StorageAccount
from host_testing.triggers import StartTriggers

pytestmark = pytest.mark.azurite


def messages(host: RunningHost, begins: str) -> list[dict[str, Any]]:
    return [one for one in host.call("GET", "/messages").json if one["body"].startswith(begins)]


def held(host: RunningHost, begins: str) -> list[str]:
    return [one for one in host.call("GET", "/held").json if one.startswith(begins)]


def test_05_without_a_route_prefix_routes_begin_at_the_root(queue_host: RunningHost) -> None:
    assert queue_host.call("GET", "/held").status == 200
    assert queue_host.call("GET", "/api/held").status == 404
    assert queue_host.call("GET", "/admin/host/ping").status == 200


def test_a_function_of_the_root_goes_before_the_host_s_page(queue_host: RunningHost) -> None:
    assert queue_host.call("GET", "/").text == "the app's own page"
    assert "up and running" in queue_host.call("POST", "/").text


def test_headers_of_host_json_are_on_every_answer(queue_host: RunningHost) -> None:
    assert queue_host.call("GET", "/held").headers["X-Content-Type-Options"] == "nosniff"
    assert queue_host.call("GET", "/nowhere").headers["X-Content-Type-Options"] == "nosniff"


def test_61_a_handled_message_is_deleted_and_one_that_always_fails_is_poison_after_five_runs(
    queue_host: RunningHost, account: StorageAccount
) -> None:
    failing = ["fail always", "fail too", "fail as well"]  # together, into a poison queue that is not there
    with account.queue("triggers-work-poison") as poison:
        poison.delete_queue()
    account.send("triggers-work", "grüße", *failing)
    until(lambda: account.message_count("triggers-work") == 0, 30)
    assert set(map(encoded, failing)) <= set(account.poisoned("triggers-work"))
    assert [one["count"] for one in messages(queue_host, "grüße")] == [1]
    assert [one["count"] for one in messages(queue_host, "fail always")] == [1, 2, 3, 4, 5]


def encoded(body: str) -> str:
    return base64.b64encode(body.encode()).decode()


def test_62_at_most_a_batch_and_the_threshold_run_at_once(
    start_triggers: StartTriggers, account: StorageAccount
) -> None:
    account.send("triggers-many", *(f"many-{number:02}" for number in range(40)))
    host = start_triggers("slow", environ={**account.environ, "SLOW_QUEUE": "triggers-many"})
    first = until(lambda: one if len(one := held(host, "many")) == 16 else None)
    for body in first[:8]:  # eight are left: so few that the next batch is fetched
        host.call("DELETE", f"/held/{body}")
    until(lambda: len(held(host, "many")) == 24)
    assert len(messages(host, "many")) == 32
    while len(messages(host, "many")) < 40 or held(host, "many"):
        assert len(held(host, "many")) <= 24
        host.call("DELETE", "/held/many")
    assert {one["count"] for one in messages(host, "many")} == {1}


def test_63_a_message_being_processed_is_renewed_and_not_delivered_twice(
    start_triggers: StartTriggers, account: StorageAccount
) -> None:
    environ = {**account.environ, "SLOW_QUEUE": "triggers-long"}
    host = start_triggers("slow", arguments=["--queue-visibility", "2", "--verbose"], environ=environ)
    account.send("triggers-long", "long")
    until(lambda: host.log.read_text().count("renewed") >= 3)  # more than twice its two seconds have begun
    assert held(host, "long") == ["long"]
    host.call("DELETE", "/held/long")
    until(lambda: account.message_count("triggers-long") == 0)
    assert [one["count"] for one in messages(host, "long")] == [1]


def test_64_a_queue_that_is_not_there_is_waited_for_and_then_read(
    start_triggers: StartTriggers, account: StorageAccount
) -> None:
    host = start_triggers("work", environ={**account.environ, "WORK_QUEUE": "triggers-later"})
    until(lambda: "not there yet" in host.log.read_text())
    account.send("triggers-later", "at last")
    until(lambda: messages(host, "at last"))
    until(lambda: account.message_count("triggers-later") == 0)


def test_65_a_message_that_is_not_base64_is_poisoned_and_the_host_continues(
    queue_host: RunningHost, account: StorageAccount
) -> None:
    with account.queue("triggers-work") as queue:
        queue.send_message("%%% no base64")
    until(lambda: "%%% no base64" in account.poisoned("triggers-work"), 30)
    account.send("triggers-work", "after that")
    until(lambda: messages(queue_host, "after that"))
