"""Metrics of machines in batches, as Azure Monitor's regional endpoints give them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from azure_simulator.core.requests import Request

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.directory import open_directory
from packages.azure_simulator.tests.in_process import GROUP, START_US, SUB, VMS, InProcessCloud, open_cloud
from packages.azure_simulator.tests.test_permissions import READER, newcomer

AUDIENCE = "https://metrics.monitor.azure.com"
BEGIN = datetime.fromtimestamp(START_US / 1_000_000, UTC)
CPU, MEMORY = "Percentage CPU", "Available Memory Bytes"


def machine() -> InProcessCloud:
    """Return a cloud with a machine that has run for an hour, and another machine, stopped after twenty minutes."""
    app = open_cloud()
    subnet = app.create_network()
    for name in ("cpc-1", "cpc-2"):
        assert app.create_machine(name, subnet).status < 400
    app.advance(1200)
    app.send("POST", f"{VMS}/cpc-2/deallocate")
    app.advance(2400)
    return app


def asked(app: InProcessCloud, *names: str, **query: str) -> tuple[int, Any]:
    end = BEGIN + timedelta(hours=1)
    usual = {
        "api-version": "2024-02-01",
        "metricnamespace": "Microsoft.Compute/virtualMachines",
        "metricnames": f"{CPU},{MEMORY}",
        "aggregation": "average",
        "interval": "PT15M",
        "starttime": f"{BEGIN:%Y-%m-%dT%H:%M:%SZ}",
        "endtime": f"{end:%Y-%m-%dT%H:%M:%SZ}",
    }
    region = query.pop("region", REGION)
    token = str(app.sim("POST", "tokens", {"name": "app", "audience": AUDIENCE})["access_token"])
    body = json.dumps({"resourceids": [f"{VMS}/{name}" for name in names]}).encode()
    path = f"/metrics/{region}{SUB}/metrics:getBatch"
    headers = {"host": "cloud", "authorization": f"Bearer {token}"}
    reply = app.cloud.handle(Request("POST", path, urlencode(usual | query), headers, body))
    return reply.status, json.loads(reply.body)


def series(value: Any) -> dict[str, list[float | None]]:
    return {
        each["name"]["value"]: [point.get("average") for point in each["timeseries"][0]["data"]]
        for each in value["value"]
    }


def test_a_machine_has_values_for_the_time_at_which_it_ran() -> None:
    app = machine()
    app.sim("POST", "config", {"metrics": {"load": [{"machines": "cpc-1", "cpu": 95, "memory": 75}]}})
    status, body = asked(app, "cpc-1", "cpc-2")
    assert status == 200
    one, two = (series(each) for each in body["values"])
    assert one == {CPU: [95.0] * 4, MEMORY: [2 * 1024**3] * 4}
    assert [each is None for each in two[CPU]] == [False, False, True, True]
    assert [each is None for each in two[MEMORY]] == [False, False, True, True]


def test_without_a_load_a_machine_does_a_little() -> None:
    _, body = asked(machine(), "cpc-1")
    assert all(2 <= each <= 25 for each in series(body["values"][0])[CPU] if each is not None)


def test_a_batch_is_of_one_region_and_of_fifty_machines() -> None:
    app = machine()
    assert asked(app, "cpc-1", region="eastus2")[0] == 400
    assert asked(app, *["cpc-1"] * 51)[0] == 400
    assert asked(app, "cpc-1", interval="PT7M")[0] == 400
    assert asked(app, "cpc-1", metricnames="Heat")[0] == 400
    assert asked(app, "cpc-1", starttime="then")[0] == 400
    assert asked(app, "cpc-1", "cpc-9")[0] == 404


def test_the_caller_needs_the_right_at_the_subscription() -> None:
    """A role at the resource group of the machine is not enough."""
    graph = open_directory()
    new = newcomer(graph)
    graph.app.request("PUT", GROUP, {"location": REGION})
    path = f"/metrics/{REGION}{SUB}/metrics:getBatch"

    def status() -> int:
        token = graph.app.sim("POST", "tokens", {"oid": new.id, "audience": AUDIENCE})["access_token"]
        headers = {"host": "cloud", "authorization": f"Bearer {token}"}
        return graph.app.cloud.handle(Request("POST", path, "api-version=2024-02-01", headers, b"{}")).status

    new.gets(READER, GROUP)
    assert status() == 403
    new.gets(READER, SUB)
    assert status() == 400  # it is let in, and asked for metrics
