"""Behaviour on the wire: lost answers, held answers, addresses, who may look inside."""

import ssl
import time
from typing import Any

import aiohttp
import certifi
import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure_simulator.certificates import Certificates

from packages.azure_simulator.tests.bodies import vm_body
from packages.azure_simulator.tests.contract.azure import Azure
from packages.azure_simulator.tests.contract.running import Running

pytestmark = pytest.mark.simulator


async def fault(simulated: Running, **do: Any) -> None:
    # aiohttp itself repeats a PUT once when a connection it had kept open dies
    match = {"op": "vm.create", "attempt": "1-2"}
    await simulated.sim("faults", {"id": "f", "match": match, "do": do})


@pytest.mark.parametrize(("kind", "made"), [("drop_before", []), ("drop_after", ["cpc-1"])])
async def test_a_lost_answer_looks_the_same_but_is_not(
    azure: Azure, simulated: Running, kind: str, made: list[str]
) -> None:
    nic = await azure.make_nic(await azure.make_subnet())
    await fault(simulated, kind=kind)
    begin = azure.compute.virtual_machines.begin_create_or_update
    with pytest.raises((ServiceRequestError, ServiceResponseError)):
        await begin(azure.group, "cpc-1", vm_body(nic.id))
    names = [vm.name async for vm in azure.compute.virtual_machines.list(azure.group)]
    assert names == made


async def test_a_machine_is_adopted_after_its_answer_was_lost(azure: Azure, simulated: Running) -> None:
    nic = await azure.make_nic(await azure.make_subnet())
    await fault(simulated, kind="drop_after")
    begin = azure.compute.virtual_machines.begin_create_or_update
    with pytest.raises((ServiceRequestError, ServiceResponseError)):
        await begin(azure.group, "cpc-1", vm_body(nic.id))
    await azure.make_vm("cpc-1", nic.id)
    answer = await simulated.call("GET", "/_sim/stats")
    assert answer.body["duplicatePuts"] == 2


async def test_html_of_a_proxy_is_an_error_with_its_status(azure: Azure, simulated: Running) -> None:
    nic = await azure.make_nic(await azure.make_subnet())
    await fault(simulated, kind="malformed_body", status=502)
    with pytest.raises(HttpResponseError) as caught:
        await azure.compute.virtual_machines.begin_create_or_update(azure.group, "cpc-1", vm_body(nic.id))
    assert caught.value.status_code == 502


async def test_a_timeout_keeps_the_caller_waiting_in_real_time(azure: Azure, simulated: Running) -> None:
    nic = await azure.make_nic(await azure.make_subnet())
    await fault(simulated, kind="timeout", seconds=0.3)
    began = time.monotonic()
    with pytest.raises((ServiceRequestError, ServiceResponseError)):
        await azure.compute.virtual_machines.begin_create_or_update(azure.group, "cpc-1", vm_body(nic.id))
    assert time.monotonic() - began >= 0.3


async def test_promised_addresses_lead_back_to_where_the_caller_came_from(azure: Azure, simulated: Running) -> None:
    nic = await azure.make_nic(await azure.make_subnet())
    seen: dict[str, str] = {}
    await azure.compute.virtual_machines.begin_create_or_update(
        azure.group,
        "cpc-1",
        vm_body(nic.id),
        polling=False,
        raw_response_hook=lambda response: seen.update(response.http_response.headers),
    )
    assert seen["Azure-AsyncOperation"].startswith(f"{simulated.url}/subscriptions/")


async def test_without_tls_only_the_managed_identity_answers(simulated: Running) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/_sim/state", "/subscriptions/s"):
            async with session.get(simulated.msi + path) as answer:
                assert answer.status == 404


async def test_a_body_that_is_not_what_its_encoding_says_is_refused(azure: Azure, simulated: Running) -> None:
    token = await simulated.token("https://management.azure.com")
    headers = {"Authorization": f"Bearer {token}", "Content-Encoding": "gzip", "Content-Type": "application/json"}
    address = f"{simulated.url}{azure.group_id}?api-version=2024-03-01"
    async with simulated.session.put(address, data=b"{}", headers=headers) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (400, "InvalidRequestContent")


async def test_a_certificate_of_ours_is_needed_to_be_believed(simulated: Running, certificates: Certificates) -> None:
    # Named, not the default: other tests may have made this process trust the throw-away CA.
    public = ssl.create_default_context(cafile=certifi.where())
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.get(f"{simulated.url}/_sim/state", ssl=public)
        async with session.get(f"{simulated.url}/_sim/state", ssl=certificates.client_context()) as answer:
            assert answer.status == 200
