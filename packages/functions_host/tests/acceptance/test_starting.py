"""Orchestrations are started through the management API (facts 15 to 20)."""

from urllib.parse import quote

import pytest
from host_testing.running import MANAGEMENT, RunningHost, until

ADDRESSES = {
    "id",
    "statusQueryGetUri",
    "sendEventPostUri",
    "terminatePostUri",
    "purgeHistoryDeleteUri",
    "restartPostUri",
    "suspendPostUri",
    "resumePostUri",
}


def test_15_a_start_answers_202_with_eight_addresses(host: RunningHost) -> None:
    answer = host.manage("POST", "/orchestrators/one_step", 3)
    assert answer.status == 202
    assert answer.json.keys() == ADDRESSES
    assert answer.headers["Retry-After"] == "10"
    assert answer.headers["Location"] == answer.json["statusQueryGetUri"]
    assert host.call("GET", answer.headers["Location"]).status in {200, 202}


def test_16_the_management_api_needs_the_key(host: RunningHost) -> None:
    assert host.call("POST", f"{MANAGEMENT}/orchestrators/one_step", 1).status == 401
    assert host.call("GET", f"{MANAGEMENT}/instances?code=wrong").status == 401
    assert host.call("GET", f"{MANAGEMENT}/instances", headers={"x-functions-key": host.key}).status == 200


def test_17_an_unknown_orchestrator_is_400_with_the_reason(host: RunningHost) -> None:
    answer = host.manage("POST", "/orchestrators/unknown_one", 1)
    assert answer.status == 400
    assert "The function 'unknown_one' doesn't exist" in answer.json["Message"]


@pytest.mark.parametrize("bad", ["@x", "a%5Cb", "a%23b", "a%3Fb", "a%0Ab", "i" * 101])
def test_18_a_bad_id_is_400_with_the_reason(host: RunningHost, bad: str) -> None:
    answer = host.manage("POST", f"/orchestrators/one_step/{bad}", 1)
    assert answer.status == 400
    assert "nstance id" in answer.json["Message"]


def test_19_an_id_is_refused_until_its_instance_has_ended(host: RunningHost) -> None:
    host.begin("waits", ["go"], "taken")
    assert host.manage("POST", "/orchestrators/waits/taken", ["go"]).status == 409
    host.manage("POST", "/instances/taken/raiseEvent/go", 1)
    host.ended("taken")
    assert host.manage("POST", "/orchestrators/one_step/taken", 5).status == 202
    assert host.ended("taken")["output"] == 25
    assert len(host.history("taken")) == 3


@pytest.mark.parametrize("odd", ["with space", "ümlaut", "100%", "a&b=c", "semi;colon", "{brace}", "i" * 100])
def test_an_odd_id_is_kept_as_it_is(host: RunningHost, odd: str) -> None:
    answer = host.manage("POST", f"/orchestrators/one_step/{quote(odd)}", 2)
    assert (answer.status, answer.json["id"]) == (202, odd)
    until(lambda: host.call("GET", answer.headers["Location"]).json["runtimeStatus"] == "Completed")
    raised = answer.json["sendEventPostUri"].replace("{eventName}", quote("an event", safe=""))
    assert host.call("POST", raised, 1).status == 410


@pytest.mark.parametrize(("sent", "kept"), [("a%2Bb", "a b"), ("a%2525b", "a%b")])
def test_an_id_in_an_address_is_decoded_twice(host: RunningHost, sent: str, kept: str) -> None:
    answer = host.manage("POST", f"/orchestrators/one_step/{sent}", 2)
    assert (answer.status, answer.json["id"]) == (202, kept)
    until(lambda: host.call("GET", answer.headers["Location"]).json["runtimeStatus"] == "Completed")
    assert host.manage("POST", "/orchestrators/one_step/a%2Fb", 2).status == 404


def test_20_a_start_can_wait_for_the_end(host: RunningHost) -> None:
    quick = host.manage("POST", "/orchestrators/one_step?timeout=10&pollingInterval=1", 6)
    assert (quick.status, quick.json) == (200, 36)
    failed = host.manage("POST", "/orchestrators/raises_after?timeout=10&pollingInterval=1")
    assert (failed.status, failed.json["runtimeStatus"]) == (200, "Failed")
    slow = host.manage("POST", "/orchestrators/waits?timeout=0.3&pollingInterval=0.1", ["never"])
    assert slow.status == 202
    assert slow.json.keys() == ADDRESSES
    bad = host.manage("POST", "/orchestrators/one_step?timeout=1&pollingInterval=2", 6)
    assert bad.status == 400
