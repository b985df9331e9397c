"""Instances as Microsoft's own host has shown them are read as they stand.

The app reads no table of a task hub: what it knows of instances comes from the management API, through the SDK's
client.
"""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus

from shared.workflow import is_alive, read_instance, stands_still_since
from tests.house.tree import ROOT

RECORDING = ROOT / "packages/functions_host/tests/recorded/durable.json"
MOMENT = datetime(2026, 2, 27, 22, 58, 30, tzinfo=UTC)
_PLACEHOLDER = re.compile(r"<timeT(\.f)?Z>")
ALIVE = {"Pending", "Running", "Suspended"}


def recorded() -> list[dict[str, Any]]:
    """Return the statuses of the recording, of single answers and of lists; its moments are placeholders."""
    text = _PLACEHOLDER.sub(MOMENT.strftime("%Y-%m-%dT%H:%M:%SZ"), RECORDING.read_text("utf-8"))
    answers = [row.get("json") for row in json.loads(text)]
    listed = [one for answer in answers for one in (answer if isinstance(answer, list) else [answer])]
    return [one for one in listed if isinstance(one, dict) and "runtimeStatus" in one]


class Client:
    """A durable client for which the host has answered with one status."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer

    async def get_status(self, _: str, *, show_input: bool = False) -> DurableOrchestrationStatus:
        given = self.answer if show_input else self.answer | {"input": None}
        return DurableOrchestrationStatus.from_json(given)


async def test_every_recorded_instance_is_read() -> None:
    statuses = recorded()
    assert {one["runtimeStatus"] for one in statuses} == {"Completed", "Failed", "Terminated", "Running", "Suspended"}
    for one in statuses:
        client: Any = Client(one)
        found = await read_instance(client, one["instanceId"])
        assert found is not None
        assert (found.name, found.alive) == (one["name"], one["runtimeStatus"] in ALIVE)
        assert await is_alive(client, one["instanceId"]) is found.alive
        assert found.rolled_back is False


async def test_every_recorded_instance_that_should_run_says_since_when_it_stands_still() -> None:
    for one in recorded():
        client: Any = Client(one)
        still = await stands_still_since(client, one["instanceId"])
        assert (still.since if still else None) == (MOMENT if one["runtimeStatus"] == "Running" else None)


@pytest.mark.parametrize(
    ("instance", "order"),
    [("RUN-L0", {"k": 0}), ("RUN-hb0", {"a": 1}), ("RUN-h1", {}), ("RUN-hb1", {}), ("RUN-hb6", {}), ("RUN-s1", {})],
    ids=["JSON in a string, of the client", "an object", "no body", "a string", "a number", "none"],
)
async def test_the_order_is_read_whoever_started_the_instance(instance: str, order: dict[str, Any]) -> None:
    client: Any = Client(next(one for one in recorded() if one["instanceId"] == instance and "input" in one))
    found = await read_instance(client, instance)
    assert found is not None
    assert found.order == order
