"""Polling a long-running operation of Azure."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.clients.arm import parse_id, poll
from shared.clients.pipeline import decide, read_error, retry_after
from shared.contracts.machines import Finished
from shared.contracts.outcomes import (
    Accepted,
    DeclinedError,
    MissingError,
    NoCapacity,
    Pending,
    Refused,
    UnansweredError,
)
from shared.errors import ThrottledError

ARM = "https://arm.example"
VM = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/cpc-1"
URL = f"{ARM}/subscriptions/s/providers/Microsoft.Compute/locations/x/operations/1"


@dataclass
class Answer:
    body: Any
    status_code: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        return "" if self.body is None else json.dumps(self.body)


@dataclass
class Client:
    """Returns the response for a path; any other path is missing."""

    answers: dict[str, Answer]
    requested: list[str] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)

    async def send_request(self, request: Any) -> Answer:
        path, _, query = request.url.partition("?")
        self.versions.append(query)
        self.requested.append(path)
        if path not in self.answers:
            raise MissingError(Refused(code="ResourceNotFound", message=path))
        return self.answers[path]


def begun(url: str | None = URL, *, deletes: bool = False) -> Accepted:
    return Accepted(resource_id=VM, operation_url=url, deletes=deletes)


@pytest.mark.parametrize(
    ("resource", "version"),
    [
        ("virtualMachines/cpc-1", "2026-04-01"),
        ("disks/cpc-1-os", "2026-03-02"),
        ("snapshots/cpc-1-rp", "2026-03-02"),
        ("galleries/g/images/i/versions/1.0.0", "2026-03-03"),
    ],
)
async def test_each_resource_type_is_polled_in_its_own_api_version(resource: str, version: str) -> None:
    path = f"{VM.rpartition('/virtualMachines/')[0]}/{resource}"
    client = Client({path: Answer({"properties": {"provisioningState": "Succeeded"}})})
    assert await poll(client, Accepted(resource_id=path), arm_url=ARM) == Finished()
    assert client.versions == [f"api-version={version}"]


async def test_a_succeeded_operation_is_finished() -> None:
    client = Client({URL: Answer({"status": "Succeeded"})})
    assert await poll(client, begun(), arm_url=ARM) == Finished()


async def test_a_running_operation_is_pending_for_its_retry_after() -> None:
    client = Client({URL: Answer({"status": "InProgress"}, headers={"Retry-After": "50"})})
    seen = await poll(client, begun(), arm_url=ARM)
    assert isinstance(seen, Pending)
    assert seen.after == 50


async def test_an_answer_that_is_only_accepted_is_pending() -> None:
    assert isinstance(await poll(Client({URL: Answer(None, 202)}), begun(), arm_url=ARM), Pending)


async def test_a_failed_operation_raises_its_code() -> None:
    error = {"code": "ZonalAllocationFailed", "message": "no hardware"}
    client = Client({URL: Answer({"status": "Failed", "error": error})})
    with pytest.raises(DeclinedError) as declined:
        await poll(client, begun(), arm_url=ARM)
    assert declined.value.outcome == NoCapacity(code="ZonalAllocationFailed", message="no hardware")


@pytest.mark.parametrize("code", ["OperationPreempted", "NicReservedForAnotherVm"])
async def test_a_failed_operation_is_refused_even_if_a_new_one_may_succeed(code: str) -> None:
    client = Client({URL: Answer({"status": "Canceled", "error": {"code": code, "message": "not now"}})})
    with pytest.raises(DeclinedError) as declined:
        await poll(client, begun(), arm_url=ARM)
    assert declined.value.outcome == Refused(code=code, message="not now")


async def test_the_instance_view_explains_a_failed_vm_whose_operation_is_gone() -> None:
    vm = {"type": "Microsoft.Compute/virtualMachines", "properties": {"provisioningState": "Failed"}}
    view = {"statuses": [{"code": "ProvisioningState/failed/AllocationFailed", "message": "no hardware"}]}
    client = Client({VM: Answer(vm), f"{VM}/instanceView": Answer(view)})
    with pytest.raises(DeclinedError) as declined:
        await poll(client, begun(), arm_url=ARM)
    assert declined.value.code == "AllocationFailed"


async def test_a_deleted_resource_is_finished() -> None:
    assert await poll(Client({}), begun(deletes=True), arm_url=ARM) == Finished()


async def test_a_resource_to_be_created_that_does_not_exist_is_missing() -> None:
    with pytest.raises(MissingError):
        await poll(Client({}), begun(), arm_url=ARM)


async def test_a_resource_to_be_deleted_that_still_exists_is_pending() -> None:
    client = Client({VM: Answer({"properties": {"provisioningState": "Succeeded"}})})
    assert isinstance(await poll(client, begun(deletes=True), arm_url=ARM), Pending)


async def test_the_token_is_sent_to_no_other_host() -> None:
    client = Client({VM: Answer({"properties": {"provisioningState": "Succeeded"}})})
    await poll(client, begun("https://arm.example.evil/operations/1"), arm_url=ARM)
    assert client.requested == [VM]


def test_error_bodies_are_read_with_and_without_their_wrapper() -> None:
    inner = {"code": "OperationNotAllowed", "message": "no", "details": [{"code": "TooManyRequests", "message": "300"}]}
    assert read_error(json.dumps(inner)) == read_error(json.dumps({"error": inner}))
    assert read_error(json.dumps(inner)) == ("OperationNotAllowed", "no TooManyRequests: 300")


def test_a_body_that_is_not_json_is_the_message() -> None:
    assert read_error("<html>Bad gateway</html>") == ("", "<html>Bad gateway</html>")


def test_each_verdict_has_its_exception() -> None:
    assert isinstance(decide(429, "TooManyRequests", ""), ThrottledError)
    assert isinstance(decide(503, "", ""), UnansweredError)
    final = decide(409, "ScopeLocked", "locked")
    assert isinstance(final, DeclinedError)
    assert final.refused.final


def test_retry_after_is_seconds_fractions_or_a_date() -> None:
    from datetime import UTC, datetime, timedelta

    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert retry_after({"Retry-After": "2.128"}, now) == timedelta(seconds=2.128)
    assert retry_after({"Retry-After": "Thu, 01 Jan 2026 00:00:30 GMT"}, now) == timedelta(seconds=30)
    assert retry_after({"Retry-After": "soon"}, now) is None
    assert retry_after({}, now) is None


def test_an_arm_id_is_parsed() -> None:
    found = parse_id(f"{VM}/extensions/DSC")
    assert (found.subscription_id, found.resource_group, found.names) == ("s", "g", ("cpc-1", "DSC"))


@pytest.mark.parametrize("wrong", ["", "/subscriptions/s", "/a/b/c/d/e/f/g/h", "nonsense"])
def test_anything_but_an_arm_id_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="not the id"):
        parse_id(wrong)
