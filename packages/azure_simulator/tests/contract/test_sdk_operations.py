"""Long-running operations in the SDKs: pollers, their tokens, no polling, plain look-ups; pages."""

from typing import Any

import pytest
from azure.core.polling import NoPolling

from packages.azure_simulator.tests.bodies import REGION, TAGS, vm_body
from packages.azure_simulator.tests.contract.sdk import Sdk, refused
from packages.azure_simulator.tests.contract.shared import SharedCloud

UNPOLLED: Any = NoPolling
ASYNC, LOCATION, RETRY = "azure-asyncoperation", "location", "retry-after"


def headers_of(call: Any) -> tuple[int, dict[str, str]]:
    """Begin without polling, and give status and headers of the answer."""
    seen: dict[str, Any] = {}

    def keep(response: Any) -> None:
        answer = response.http_response
        seen.update(status=answer.status_code, headers={k.lower(): v for k, v in answer.headers.items()})

    call(polling=False, raw_response_hook=keep)
    return seen["status"], seen["headers"]


def test_a_token_takes_the_poller_to_another_process(sdk: Sdk) -> None:
    vms, body = sdk.compute.virtual_machines, vm_body(sdk.nic().id)
    token = vms.begin_create_or_update(sdk.group, "cpc-1", body).continuation_token()
    again = vms.begin_create_or_update(sdk.group, "cpc-1", body, continuation_token=token)
    assert again.result().provisioning_state == "Succeeded"


def test_without_polling_the_first_answer_is_the_result(sdk: Sdk) -> None:
    vms, body = sdk.compute.virtual_machines, vm_body(sdk.nic().id)
    assert vms.begin_create_or_update(sdk.group, "cpc-1", body, polling=False).result().name == "cpc-1"
    if sdk.blocking.flavour == "sync":
        stopped = vms.begin_power_off(sdk.group, "cpc-1", polling=UNPOLLED())
        assert stopped.result() is None


def test_an_operation_is_looked_up_by_its_address(sdk: Sdk) -> None:
    vms, body = sdk.compute.virtual_machines, vm_body(sdk.nic().id)
    status, headers = headers_of(lambda **how: vms.begin_create_or_update(sdk.group, "cpc-1", body, **how))
    looked = sdk.send("GET", headers[ASYNC])
    assert (status, looked.status_code) == (201, 200)
    assert {"startTime", "status", "name"} <= set(looked.json())


@pytest.mark.simulator
def test_exactly_the_operations_of_the_table_promise(sdk: Sdk) -> None:
    # docs/notes.md 1.1: PUT and PATCH of Compute, POST and DELETE, Network; plain calls promise nothing
    vms, group = sdk.compute.virtual_machines, sdk.group
    nics, disks = sdk.network.network_interfaces, sdk.compute.disks
    made = sdk.vm()
    body = vm_body(made.network_profile.network_interfaces[0].id, computer=made.os_profile.computer_name)
    nic: Any = nics.get(group, "cpc-1-nic")
    grow = {"tags": {"a": "b"}}
    promises = {
        "put": headers_of(lambda **how: vms.begin_create_or_update(group, "cpc-1", body, **how)),
        "patch": headers_of(lambda **how: vms.begin_update(group, "cpc-1", {"tags": TAGS}, **how)),
        "post": headers_of(lambda **how: vms.begin_restart(group, "cpc-1", **how)),
        "nic": headers_of(lambda **how: nics.begin_create_or_update(group, "cpc-1-nic", nic, **how)),
        "disk": headers_of(lambda **how: disks.begin_update(group, made.storage_profile.os_disk.name, grow, **how)),
        "delete": headers_of(lambda **how: vms.begin_delete(group, "cpc-1", **how)),
        "gone": headers_of(lambda **how: vms.begin_delete(group, "nobody", **how)),
    }
    assert {name: status for name, (status, _) in promises.items()} == {
        "put": 200,
        "patch": 200,
        "post": 202,
        "nic": 200,
        "disk": 202,
        "delete": 202,
        "gone": 204,
    }
    both = {name for name, (_, headers) in promises.items() if {ASYNC, LOCATION} <= set(headers)}
    one = {name for name, (_, headers) in promises.items() if ASYNC in headers and LOCATION not in headers}
    assert (both, one) == ({"post", "disk", "delete"}, {"put", "patch", "nic"})
    assert not {ASYNC, LOCATION, RETRY} & set(promises["gone"][1])


@pytest.mark.simulator
def test_retry_after_is_a_whole_number(sdk: Sdk, shared_cloud: SharedCloud) -> None:
    # docs/notes.md 1.1: the SDK reads it with int()
    sdk.nic()
    given = [each.headers["Retry-After"] for each in shared_cloud.responses if "Retry-After" in each.headers]
    assert all(each.isdecimal() for each in given)


def test_a_list_comes_in_pages(sdk: Sdk) -> None:
    subnet = sdk.subnet()
    for number in range(3):
        sdk.nic(subnet, f"nic-{number}")
    pages = sdk.network.network_interfaces.list(sdk.group).by_page()
    assert sorted(nic.name for page in pages for nic in page) == ["nic-0", "nic-1", "nic-2"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, "MissingApiVersionParameter"),
        ("?api-version=1999-01-01", 400, "NoRegisteredProviderFound"),
    ],
)
def test_an_unknown_version_is_refused(sdk: Sdk, query: str, status: int, code: str) -> None:
    path = f"{sdk.group_id}/providers/Microsoft.Compute/virtualMachines/cpc-1{query}"
    answer = sdk.compute.send_request(_plain(path))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def _plain(path: str) -> Any:
    from azure.core.rest import HttpRequest

    return HttpRequest("GET", path)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("Microsoft.Nothing/things/x", "InvalidResourceNamespace"),
        ("Microsoft.Compute/things/x", "InvalidResourceType"),
    ],
)
def test_an_unknown_type_is_not_found(sdk: Sdk, path: str, code: str) -> None:
    answer = sdk.send("GET", f"{sdk.group_id}/providers/{path}?api-version=2024-07-01")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)


def test_a_group_that_is_not_there_is_named(sdk: Sdk) -> None:
    error = refused(lambda: sdk.compute.virtual_machines.get(f"{sdk.group}-gone", "cpc-1"))
    assert (error.status, error.code) == (404, "ResourceGroupNotFound")


def test_a_resource_does_not_move(sdk: Sdk) -> None:
    sdk.nic()
    nic: Any = sdk.network.network_interfaces.get(sdk.group, "nic")
    nic["location"] = "northeurope" if REGION != "northeurope" else "westeurope"
    error = refused(lambda: sdk.network.network_interfaces.begin_create_or_update(sdk.group, "nic", nic))
    assert (error.status, error.code) == (409, "InvalidResourceLocation")
