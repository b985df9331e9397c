"""Operations are decided when accepted and computed when looked at."""

import json

from packages.azure_simulator.tests.in_process import VMS, InProcessCloud, open_cloud

TEN_SECONDS = {"latency": {"vm.create": {"dist": "fixed", "value": 10}}}


def status(app: InProcessCloud, url: str) -> str:
    return str(app.request("GET", url)["status"])


def test_an_operation_is_in_progress_until_its_due_time() -> None:
    app = open_cloud()
    subnet = app.create_network()
    app.sim("POST", "config", TEN_SECONDS)
    reply = app.create_machine("cpc-1", subnet)
    url = reply.headers["Azure-AsyncOperation"]
    assert (reply.status, status(app, url)) == (201, "InProgress")
    app.advance(9.9)
    assert status(app, url) == "InProgress"
    app.advance(0.2)
    assert status(app, url) == "Succeeded"
    assert app.request("GET", f"{VMS}/cpc-1")["properties"]["provisioningState"] == "Succeeded"


def test_nothing_happens_between_two_looks_however_far_apart() -> None:
    app = open_cloud()
    subnet = app.create_network()
    app.sim("POST", "config", TEN_SECONDS)
    app.create_machine("cpc-1", subnet)
    app.advance(7 * 24 * 3600)
    answer = app.sim("GET", "operations?status=succeeded")
    ended = next(each for each in answer if each["kind"] == "vm.create")
    assert ended["due"].startswith("2026-11-18T11:06:50")


def test_an_old_operation_is_forgotten() -> None:
    app = open_cloud()
    url = app.create_machine("cpc-1", app.create_network()).headers["Azure-AsyncOperation"]
    app.advance(25 * 3600)
    assert app.error("GET", url) == (404, "NotFound")


def test_a_delete_preempts_the_creation() -> None:
    app = open_cloud()
    subnet = app.create_network()
    app.sim("POST", "config", TEN_SECONDS)
    url = app.create_machine("cpc-1", subnet).headers["Azure-AsyncOperation"]
    assert app.send("DELETE", f"{VMS}/cpc-1").status == 202
    assert status(app, url) == "Canceled"
    app.advance(60)
    assert app.error("GET", f"{VMS}/cpc-1") == (404, "ResourceNotFound")
    assert app.sim("GET", "invariants")["clean"]


def test_durations_depend_on_seed_and_machine_not_on_the_order_of_requests() -> None:
    def due(names: list[str], seed: int) -> dict[str, str]:
        app = open_cloud("real", seed=seed)
        subnet = app.create_network()
        app.advance(60)
        for name in names:
            app.create_machine(name, subnet)
        found = app.sim("GET", "operations")
        return {each["target"][-5:]: each["due"] for each in found if each["kind"] == "vm.create"}

    assert due(["cpc-1", "cpc-2"], 1) == due(["cpc-2", "cpc-1"], 1)
    assert due(["cpc-1", "cpc-2"], 1) != due(["cpc-1", "cpc-2"], 2)


def test_the_first_answer_says_10_seconds_the_first_poll_50_later_ones_nothing() -> None:
    app = open_cloud("real")
    subnet = app.create_network()
    app.advance(60)
    reply = app.create_machine("cpc-1", subnet)
    assert reply.headers["Retry-After"] == "10"
    url = reply.headers["Azure-AsyncOperation"]
    assert app.send("GET", url).headers["Retry-After"] == "50"
    assert "Retry-After" not in app.send("GET", url).headers
    assert app.sim("GET", "stats")["earlyPolls"] == 2


def test_a_post_answers_202_with_both_addresses_and_location_ends_with_200() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    reply = app.send("POST", f"{VMS}/cpc-1/deallocate")
    assert reply.status == 202
    assert reply.headers["Location"] == reply.headers["Azure-AsyncOperation"] + "&monitor=true"
    assert (app.send("GET", reply.headers["Location"]).status, app.send("GET", reply.headers["Location"]).body) == (
        200,
        b"",
    )


def test_a_failed_operation_has_its_error_in_a_response_with_200() -> None:
    app = open_cloud()
    subnet = app.create_network()
    app.sim("POST", "config", {"capacity": [{"vms": 0}]})
    reply = app.send("GET", app.create_machine("cpc-1", subnet).headers["Azure-AsyncOperation"])
    body = json.loads(reply.body)
    assert (reply.status, body["status"], body["error"]["code"]) == (200, "Failed", "AllocationFailed")
