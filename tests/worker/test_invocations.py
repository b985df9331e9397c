"""Inputs and outputs of every kind of function are the same under Microsoft's worker as under ours."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from shared.contracts.builds import CLEAN_UP
from shared.contracts.connections import CHECK_CONNECTION, CHECK_GROUP, RUN_CHECK
from shared.contracts.images import BUILD_IMAGE
from shared.contracts.provisioning import PROVISION
from shared.contracts.reconciling import RECONCILE
from tests.implementations import activities
from tests.stories import probing
from tests.stories import test_build_device_image as building
from tests.stories import test_check_connection as checking
from tests.stories import test_clean_up_cloud_pc as cleaning
from tests.stories import test_reconcile_tenant as reconciling
from tests.stories.people import ALL_WELL, HYBRID
from tests.stories.tell import tell
from tests.worker.conftest import FakeServices
from tests.worker.workers import Reply, Value, Workers, request, text

_NOON = {
    "Schedule": {"AdjustForDST": True},
    "ScheduleStatus": {
        "Last": "2026-11-21T12:00:00Z",
        "Next": "2026-11-21T12:01:00Z",
        "LastUpdated": "2026-11-21T12:00:00Z",
    },
    "IsPastDue": True,
}
MESSAGE = {
    "Id": text("4b7c"),
    "DequeueCount": text("2"),
    "ExpirationTime": text("2026-11-28T12:00:00+00:00"),
    "InsertionTime": text("2026-11-21T12:00:00+00:00"),
    "NextVisibleTime": text("2026-11-21T12:10:00+00:00"),
    "PopReceipt": text("r"),
    "QueueTrigger": text("the message"),
}


def _of(workers: Workers, trigger: str) -> Iterator[dict[str, Any]]:
    for one in workers.read[1]["functions"]:
        if any(binding["type"] == trigger for binding in one["bindings"].values()):
            yield one


def _client(one: dict[str, Any], services: FakeServices) -> dict[str, Value]:
    return {"client": services.client} if "client" in one["bindings"] else {}


# ---- HTTP --------------------------------------------------------------------------------------


def test_every_route_without_a_token_answers_alike(deskwright: Workers, services: FakeServices) -> None:
    answers: dict[str, Reply] = {}
    for one in _of(deskwright, "httpTrigger"):
        raw = one["raw"]["req"]
        params = dict.fromkeys(re.findall(r"{(\w+)", raw["route"]), "x") | {"version": "v1.0"}
        sent = request(raw["methods"][0], params=params, body="{}")
        answers[one["name"]] = deskwright.agreed(one["name"], {"req": sent, **_client(one, services)})
    statuses = {name: answer["returned"]["value"]["status"] for name, answer in answers.items()}
    assert statuses.pop("get_portal_file") in {"200", "404"}  # whether or not make has built the portal
    assert {name: status for name, status in statuses.items() if status != "401"} == {
        "get_configuration": "200",
        "get_customer_template": "200",  # the Azure portal reads it for whoever is signed in there (decision 77)
        "health": "503",  # there is no storage
        "open_portal": "302",
        "receive_notifications": "400",  # not what Graph says
    }
    told = answers["list_service_plans"]["returned"]["value"]
    assert told["headers"]["x-trace-id"] == "5f0c"
    assert json.loads(told["body"]["value"])["error"]["code"] == "Unauthorized"


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        pytest.param("hello", request("GET", params={"name": "Ada"}), id="a text"),
        pytest.param("hello", request("GET"), id="a text without a parameter"),
        pytest.param("echo", request("POST", query={"a": "1 2"}, headers={"x-é": "ü"}, body="\xff\x00"), id="bytes"),
        pytest.param("echo", request("PUT", query={"a": "1"}, body='{"ä": 1}'.encode().decode("latin-1")), id="JSON"),
        pytest.param("boom", request("GET"), id="an exception"),
        pytest.param("read_ticks", request("GET"), id="a response with a type"),
    ],
)
def test_both_answer_a_request_alike(shapes: Workers, name: str, sent: Value) -> None:
    shapes.agreed(name, {"req": sent})


def test_both_run_a_sync_function_in_a_thread(shapes: Workers) -> None:
    threads = [reply["returned"]["value"] for reply in shapes.invoke("slow", {"req": request("GET")})]
    assert "MainThread" not in threads


# ---- Durable client ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        pytest.param("start", request("POST", params={"name": "one_step"}, body='{"n": 3}'), id="start"),
        pytest.param("start", request("POST", params={"name": "one_step"}, query={"id": "mine"}), id="start by id"),
        pytest.param(
            "raise_event", request("POST", params={"id": "i", "event": "go"}, body="[1]"), id="raise an event"
        ),
        pytest.param(
            "use_client",
            request("POST", params={"method": "terminate"}, body='{"instance_id": "i", "reason": "enough"}'),
            id="terminate",
        ),
        pytest.param(
            "use_client",
            request("POST", params={"method": "purge_instance_history"}, body='{"instance_id": "i"}'),
            id="purge",
        ),
    ],
)
def test_both_give_the_function_a_client_that_sends_the_same_requests(
    shapes: Workers, services: FakeServices, name: str, sent: Value
) -> None:
    requests = {}
    replies = {}
    for who, worker in (("theirs", shapes.theirs), ("ours", shapes.ours)):
        services.take_requests()
        command = {"command": "invoke", "name": name, "id": "5f0c", "metadata": {}}
        replies[who] = worker.call(**command, inputs={"req": sent, "client": services.client})
        requests[who] = services.take_requests()
    assert replies["ours"] == replies["theirs"]
    assert requests["ours"] == requests["theirs"]
    assert requests["ours"] != []


def test_the_purging_timer_sends_the_same_requests(deskwright: Workers, services: FakeServices) -> None:
    services.take_requests()
    assert deskwright.agreed("purge_history", {"timer": _timer(), "client": services.client})["returned"] is None
    methods = [(method, path.partition("?")[0]) for method, path, _ in services.take_requests()]
    assert methods[0] == methods[1]
    assert methods[0][0] == "DELETE"


# ---- Timers and queues -------------------------------------------------------------------------


def _timer() -> Value:
    return {"type": "json", "value": json.dumps(_NOON)}


def test_both_pass_a_timer_what_its_schedule_is(shapes: Workers) -> None:
    assert shapes.agreed("nightly", {"timer": _timer()}) == {"returned": None, "outputs": {}}
    told = shapes.agreed("read_ticks", {"req": request("GET")})
    assert json.loads(told["returned"]["value"]["body"]["value"])[-1] == {"past_due": True}


def test_every_timer_of_the_app_takes_its_data(deskwright: Workers, services: FakeServices) -> None:
    reply = {
        one["name"]: deskwright.agreed(one["name"], {"timer": _timer(), **_client(one, services)})
        for one in _of(deskwright, "timerTrigger")
    }
    # There are no tokens here: each has come as far as its records.
    failed = {name: reply["raised"] for name, reply in reply.items() if "raised" in reply}
    assert set(reply) - set(failed) == {"purge_history"}
    assert all(words.startswith("UnavailableError: ") for words in failed.values()), failed


@pytest.mark.parametrize("kind", ["string", "bytes"])
def test_both_pass_a_queue_message_alike(shapes: Workers, kind: str) -> None:
    message = {"type": kind, "value": "hello"}
    assert shapes.agreed("inbound", {"msg": message}, MESSAGE) == {"returned": None, "outputs": {}}
    told = shapes.agreed("read_messages", {"req": request("GET")})
    seen = json.loads(told["returned"]["value"]["body"]["value"])[-1]
    assert seen == {"body": "hello", "count": 2, "id": "4b7c"}


def test_a_queue_function_that_raises_fails_alike(shapes: Workers) -> None:
    assert shapes.agreed("inbound", {"msg": text("fail")}, MESSAGE) == {"raised": "ValueError: the body says fail"}


@pytest.mark.parametrize("users", [None, ["6f9619ff-8b86-d011-b42d-00cf4fc964ff"]])
def test_the_queue_function_of_the_app_takes_its_data(
    deskwright: Workers, services: FakeServices, users: list[str] | None
) -> None:
    change = {"tenantId": "contoso", "type": "userLicense", "at": "2026-11-21T12:00:00Z", "userIds": users}
    given = {"msg": text(json.dumps(change)), "client": services.client}
    # There are no tokens here: as far as the tenant's record.
    assert deskwright.agreed("receive_directory_change", given, MESSAGE)["raised"].startswith("UnavailableError: ")


# ---- Activities and entities -------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload", ["not JSON", "null", "[1]", "{}", '{"order": {"nope": 1}}', '{"order": 7, "tickets": [1]}']
)
def test_every_activity_refuses_a_bad_payload_with_the_same_words(
    deskwright: Workers, services: FakeServices, payload: str
) -> None:
    for one in _of(deskwright, "activityTrigger"):
        reply = deskwright.agreed(one["name"], {"payload": text(payload), **_client(one, services)})
        assert re.match(r"[A-Z]\w+: .", reply["raised"]), one["name"]


def _orders() -> Iterator[tuple[str, dict[str, Any]]]:
    """The orders that the stories give their activities: each once."""
    told = [
        tell(PROVISION, HYBRID, ALL_WELL),
        tell(BUILD_IMAGE, building.ORDER, building.SMOOTH),
        tell(CHECK_GROUP, checking.AZURE, {RUN_CHECK: checking.CHECKED}),
        tell(CHECK_CONNECTION, checking.OWN.but(probe=probing.HYBRID), checking.HEALTHY),
        tell(CLEAN_UP, cleaning.ORDER, cleaning.ALL_GO),
        tell(RECONCILE, reconciling.ORDER, reconciling.QUIET),
    ]
    called = {name: orders[0] for story in told for name, orders in story.orders.items()}
    yield from ((name, order) for name, order in called.items() if name in activities())


def test_every_activity_takes_the_order_of_a_story(deskwright: Workers, services: FakeServices) -> None:
    described = {one["name"]: one for one in _of(deskwright, "activityTrigger")}
    for name, order in _orders():
        payload = {"payload": text(json.dumps({"order": order, "tickets": []}))}
        reply = deskwright.agreed(name, {**payload, **_client(described[name], services)})
        # There are no tokens here: as far as the first call services, or an id of the stories that Azure has not.
        assert re.match(
            r"UnavailableError: |ValueError: not the id of", reply.get("raised", "ValueError: not the id of")
        )


def test_both_run_an_entity_alike(shapes: Workers) -> None:
    operations = [("add", 2), ("boom", None), ("add", 3)]
    batch = [{"name": name, "input": json.dumps(json.dumps(given)), "isSignal": False} for name, given in operations]
    state = {"self": {"name": "counter", "key": "k"}, "exists": True, "state": "5", "batch": batch}
    theirs, ours = (_timeless(reply) for reply in shapes.invoke("counter", {"context": text(json.dumps(state))}))
    assert ours == theirs
    assert [result["isError"] for result in ours["results"]] == [False, True, False]


def _timeless(reply: Reply) -> Any:
    """Read an entity's answer without the moments at which it ran."""
    answer = json.loads(reply["returned"]["value"])
    for result in answer["results"]:
        result.pop("startTime")
        result.pop("duration")
    return answer
