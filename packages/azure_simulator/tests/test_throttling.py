"""The buckets of docs/notes.md 1.9."""

import json

import pytest
from azure_simulator.core.throttling import Charge, Throttle
from azure_simulator.core.times import SECOND, iso
from hypothesis import given
from hypothesis import strategies as st

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.in_process import GROUP, START_US, VMS, open_cloud


def test_one_principal_reads_250_times_then_waits() -> None:
    app = open_cloud()
    app.request("PUT", GROUP, {"location": REGION})
    statuses = [app.send("GET", GROUP).status for _ in range(251)]
    assert statuses == [200] * 250 + [429]
    reply = app.send("GET", GROUP)
    assert reply.headers["Retry-After"] == "1"
    assert json.loads(reply.body)["error"]["code"] == "SubscriptionRequestsThrottled"


def test_the_next_principal_has_a_bucket_of_its_own() -> None:
    app = open_cloud()
    app.request("PUT", GROUP, {"location": REGION})
    for _ in range(251):
        app.send("GET", GROUP)
    assert app.send("GET", GROUP, caller="another").status == 200


def test_25_reads_come_back_every_second() -> None:
    app = open_cloud()
    app.request("PUT", GROUP, {"location": REGION})
    for _ in range(250):
        app.send("GET", GROUP)
    app.advance(1)
    assert [app.send("GET", GROUP).status for _ in range(26)] == [200] * 25 + [429]


def test_a_machine_takes_12_updates_then_4_a_minute() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    statuses = [app.send("POST", f"{VMS}/cpc-1/restart").status for _ in range(13)]
    assert statuses == [202] * 12 + [429]
    reply = app.send("POST", f"{VMS}/cpc-1/restart")
    assert reply.headers["Retry-After"] == "15"
    error = json.loads(reply.body)["error"]
    assert (error["code"], error["details"][0]["code"]) == ("OperationNotAllowed", "TooManyRequests")
    counted = json.loads(error["details"][0]["message"])
    assert (counted["allowedRequestCount"], counted["endTime"]) == (12, iso(START_US + 15 * SECOND))
    assert reply.headers["x-ms-ratelimit-remaining-resource"] == "Microsoft.Compute/UpdateVM;0"
    assert int(reply.headers["x-ms-ratelimit-remaining-subscription-writes"]) > 100


def test_what_is_left_is_reported() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    reply = app.send("GET", f"{VMS}/cpc-1")
    assert reply.headers["x-ms-ratelimit-remaining-subscription-reads"] == "249"
    assert reply.headers["x-ms-ratelimit-remaining-resource"] == "Microsoft.Compute/LowCostGet;23999"


def test_coming_before_retry_after_is_a_finding() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    for _ in range(13):
        app.send("POST", f"{VMS}/cpc-1/restart")
    app.advance(5)
    app.send("POST", f"{VMS}/cpc-1/restart")
    found = app.sim("GET", "invariants")["findings"]
    assert [each["bucket"] for each in found] == ["UpdateVM"]


def test_a_bucket_can_be_switched_off_and_closed() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    app.sim("POST", "config", {"throttling": {"UpdateVM": False}})
    assert {app.send("POST", f"{VMS}/cpc-1/restart").status for _ in range(20)} == {202}
    app.sim("POST", "buckets/close", {"policy": "LowCostGet*", "seconds": 300})
    assert app.send("GET", f"{VMS}/cpc-1").headers["Retry-After"] == "300"
    app.advance(300)
    assert app.send("GET", f"{VMS}/cpc-1").status == 200


def test_a_limit_can_be_narrowed() -> None:
    app = open_cloud()
    app.sim("POST", "config", {"throttling": {"enabled": 0.5, "subscription-reads": 0.02}})
    app.request("PUT", GROUP, {"location": REGION})
    answers = [app.send("GET", GROUP) for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    capacities = {each["policy"]: each["capacity"] for each in app.sim("GET", "buckets")}
    assert capacities["subscription-reads"] == 5
    assert capacities["subscription-writes"] == 100


@given(
    st.lists(st.floats(0, 5), min_size=1, max_size=200),
    st.floats(1, 50),
    st.floats(0.1, 20),
)
def test_a_bucket_never_gives_more_than_capacity_and_refill(gaps: list[float], capacity: float, rate: float) -> None:
    throttle, now_s, given_out = Throttle(), 0.0, 0
    for gap in gaps:
        now_s += gap
        refusal = throttle.take([Charge("p", "k", capacity, rate)], int(now_s * SECOND))
        given_out += refusal is None
    assert given_out <= capacity + now_s * rate + 1e-3


@pytest.mark.parametrize("rate", [0.5, 4 / 60, 25.0])
def test_a_caller_that_waits_for_retry_after_is_served(rate: float) -> None:
    throttle, charge = Throttle(), Charge("p", "k", 1, rate)
    assert throttle.take([charge], 0) is None
    refusal = throttle.take([charge], 0)
    assert refusal is not None
    assert throttle.take([charge], refusal.retry_after_s * SECOND) is None
