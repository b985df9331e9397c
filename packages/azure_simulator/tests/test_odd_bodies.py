"""Bodies and addresses that no client sends: they are refused in words, and no answer is lost."""

import asyncio
import io
import json
from typing import Any

import aiohttp
import pytest
from azure_simulator.assembly import build
from azure_simulator.certificates import Certificates
from azure_simulator.core.cloud import Options
from azure_simulator.core.requests import Request
from azure_simulator.core.times import OwnClock
from azure_simulator.server import Addresses, CloudServer

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, START_US, InProcessCloud, keys, open_cloud

VNETS = f"{NETWORK}/virtualNetworks"
POOL = f"{GROUP}/providers/Microsoft.DesktopVirtualization/hostPools/pool"
VERSION = "api-version=2024-05-01"


def raw(app: InProcessCloud, body: bytes, path: str = f"{VNETS}/v") -> tuple[int, dict[str, Any]]:
    headers = {"host": "cloud", "authorization": f"Bearer {app.token()}"}
    reply = app.cloud.handle(Request("PUT", path, VERSION, headers, body))
    for value in reply.headers.values():
        assert value.isprintable()
        assert len(value) <= 4096
    return reply.status, json.loads(reply.body)["error"]


def nested(levels: int) -> bytes:
    return b'{"location": "westeurope", "properties": ' + b"[" * levels + b"]" * levels + b"}"


@pytest.mark.parametrize("levels", [64, 400, 900, 100_000])
def test_a_body_with_too_many_levels_is_refused(levels: int) -> None:
    status, error = raw(open_cloud(), nested(levels))
    assert (status, error["code"]) == (400, "InvalidRequestContent")
    assert "MaxDepth of 64 has been exceeded" in error["message"]


@pytest.mark.parametrize(
    "body", [b'{"tags": {"a": NaN}}', b'{"tags": {"a": "\\ud800"}}', b'{"tags": 1' + b"0" * 5000 + b"}"]
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    assert raw(open_cloud(), body)[1]["code"] == "InvalidRequestContent"


def test_a_body_of_more_than_four_megabytes_is_refused() -> None:
    status, error = raw(open_cloud(), b'{"location": "' + b"x" * (4 << 20) + b'"}')
    assert (status, error["code"]) == (413, "RequestContentTooLarge")
    assert error["message"] == "The request content size exceeds the maximum size of 4 MB."


@pytest.mark.parametrize("location", ["west\neurope", "x" * 70_000, "münchen", "a\r\nSet-Cookie: b"])
def test_no_header_says_what_a_body_said(location: str) -> None:
    app = open_cloud()
    app.request("PUT", GROUP, {"location": REGION})
    for path in (f"{VNETS}/v", GROUP, POOL):
        status, _ = raw(app, json.dumps({"location": location, "properties": {}}).encode(), path)
        assert status == 400


def test_a_subscription_is_a_guid() -> None:
    app = open_cloud()
    for wanted in ("x", "22222222-2222-4222-8222-22222222222g", "22222222-2222-4222-8222-222222222222%0d%0aa:%20b"):
        assert app.error("GET", f"/subscriptions/{wanted}/resourceGroups") == (400, "InvalidSubscriptionId")


@pytest.mark.parametrize("top", ["9" * 5000, "-1", "0", "x"])
def test_a_number_that_is_too_long_is_none(top: str) -> None:
    assert open_cloud().error("GET", f"{VNETS.partition('/resourceGroups')[0]}/resourceGroups?$top={top}")[0] == 400


def test_a_client_has_its_id_back_if_it_asks() -> None:
    app = open_cloud()
    app.request("PUT", GROUP, {"location": REGION})
    name = {"x-ms-client-request-id": "mine"}
    assert "x-ms-client-request-id" not in app.send("GET", GROUP, **name).headers
    asked = app.send("GET", GROUP, **name, **{"x-ms-return-client-request-id": "true"})
    assert asked.headers["x-ms-client-request-id"] == "mine"


def test_the_state_of_a_pool_with_a_token_is_shown() -> None:
    app = open_cloud()
    app.request("PUT", GROUP, {"location": REGION})
    info = {"registrationTokenOperation": "Update", "expirationTime": "2026-11-20T00:00:00Z"}
    kind = {"hostPoolType": "Personal", "loadBalancerType": "Persistent", "preferredAppGroupType": "Desktop"}
    app.request("PUT", POOL, {"location": REGION, "properties": {**kind, "registrationInfo": info}})
    assert app.request("POST", f"{POOL}/listRegistrationTokens")["value"][0]["token"].startswith("ey")
    (shown,) = app.sim("GET", "state?type=microsoft.desktopvirtualization/hostpools")
    assert shown["id"] == POOL


async def test_the_sockets_answer_large_bodies(certificates: Certificates) -> None:
    """The server's own limit is that of the service, and its refusals are the service's."""
    cloud = build(OwnClock(START_US, 0), keys(), Options(0, "instant", {}))
    server = CloudServer(cloud, certificates)
    at = await server.start(Addresses())
    try:
        async with aiohttp.ClientSession() as session:
            url = f"https://127.0.0.1:{at.port}"
            token = await _token(session, url)
            path = f"{url}{GROUP}?api-version=2021-04-01"
            for size, status in ((2 << 20, 400), (5 << 20, 413)):
                data = io.BytesIO(json.dumps({"location": "x" * size}).encode())
                headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
                async with session.put(path, data=data, headers=headers, ssl=False) as reply:
                    assert reply.status == status
                    assert (await reply.json())["error"]["code"]
            seed = io.BytesIO(json.dumps({"config": {"locks": ["x" * (3 << 20)]}}).encode())
            async with session.post(f"{url}/_sim/seed", data=seed, ssl=False) as reply:
                assert reply.status < 300
    finally:
        await asyncio.wait_for(server.stop(), 10)


async def test_a_page_of_another_origin_does_not_reach_the_control_plane(certificates: Certificates) -> None:
    cloud = build(OwnClock(START_US, 0), keys(), Options(0, "instant", {}))
    server = CloudServer(cloud, certificates)
    at = await server.start(Addresses())
    try:
        async with aiohttp.ClientSession() as session:
            url = f"https://127.0.0.1:{at.port}/_sim/stats"
            for host, status in (("evil.example", 403), (f"localhost:{at.port}", 200), (f"127.0.0.1:{at.port}", 200)):
                async with session.get(url, headers={"Host": host}, ssl=False) as reply:
                    assert reply.status == status
    finally:
        await asyncio.wait_for(server.stop(), 10)


async def _token(session: aiohttp.ClientSession, url: str) -> str:
    body = {"name": "app", "audience": "https://management.azure.com"}
    async with session.post(f"{url}/_sim/tokens", json=body, ssl=False) as reply:
        return str((await reply.json())["access_token"])
