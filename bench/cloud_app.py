"""``python -m bench.cloud_app FOLDER bare|MACHINES``: the server of ``bench.cloud``; prints its address and a path.

``bare`` is aiohttp over TLS with responses of the same size and nothing else. A number is the simulated cloud with so
many machines: one is created as by a client, the others are copies of it under other names.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web
from azure_simulator import certificates
from azure_simulator.assembly import build
from azure_simulator.core.cloud import Cloud, Options
from azure_simulator.core.keys import Keys
from azure_simulator.core.requests import Request
from azure_simulator.core.times import OwnClock, system_now_us
from azure_simulator.server import Addresses, CloudServer

GROUP = "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/desks"
MACHINES = f"{GROUP}/providers/Microsoft.Compute/virtualMachines"
SIZE = 1_700
"""Approximate size of the response for a machine, in bytes."""
SEED: dict[str, Any] = {"tenants": [{"tenantId": "0f7c1111-1111-4111-8111-111111111111", "domain": "a.example"}]}
_RATE = 100_000.0
"""Simulated seconds per second: every bucket is used and none is ever empty."""
_BODY: dict[str, Any] = {
    "location": "westeurope",
    "tags": {"deskwright:cloudpc": "cpc"},
    "properties": {
        "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
        "storageProfile": {
            "imageReference": {
                "publisher": "MicrosoftWindowsDesktop",
                "offer": "windows-ent-cpc",
                "sku": "win11-24h2-ent-cpc-m365",
                "version": "latest",
            },
            "osDisk": {"createOption": "FromImage", "managedDisk": {"storageAccountType": "Premium_LRS"}},
        },
        "osProfile": {"computerName": "CPC", "adminUsername": "localadmin", "adminPassword": "Th1s-is-not-secret"},
    },
}


def main() -> None:
    """Serve until interrupted."""
    issued = certificates.issue(Path(sys.argv[1]))
    asyncio.run(_bare(issued) if sys.argv[2] == "bare" else _cloud(issued, int(sys.argv[2])))


async def _bare(issued: certificates.Certificates) -> None:
    body, headers = b"x" * SIZE, {"Content-Type": "application/json; charset=utf-8"}

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        del request
        return web.Response(body=body, headers=headers)

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.server, issued.server_key)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    _tell(runner.addresses[0][1], "")
    await asyncio.Event().wait()


async def _cloud(issued: certificates.Certificates, machines: int) -> None:
    cloud = build(OwnClock(system_now_us(), _RATE), Keys(), Options(7, "instant", SEED))
    token = json.loads(_ask(cloud, "POST", "/_sim/tokens", {"audience": "https://management.azure.com"}))[
        "access_token"
    ]
    _furnish(cloud, token, machines)
    taken = await CloudServer(cloud, issued).start(Addresses())
    _tell(taken.port, token)
    await asyncio.Event().wait()


def _furnish(cloud: Cloud, token: str, machines: int) -> None:
    subnet = {"name": "cpc", "properties": {"addressPrefix": "10.0.0.0/16"}}
    space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [subnet]}
    vnet = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet"
    _ask(cloud, "PUT", GROUP, {"location": "westeurope"}, token)
    _ask(cloud, "PUT", vnet, {"location": "westeurope", "properties": space}, token)
    address = {"name": "ip", "properties": {"subnet": {"id": f"{vnet}/subnets/cpc"}}}
    nic = f"{GROUP}/providers/Microsoft.Network/networkInterfaces/nic"
    _ask(cloud, "PUT", nic, {"location": "westeurope", "properties": {"ipConfigurations": [address]}}, token)
    profile = {"networkProfile": {"networkInterfaces": [{"id": nic, "properties": {"primary": True}}]}}
    body = {**_BODY, "properties": {**_BODY["properties"], **profile}}
    _ask(cloud, "PUT", f"{MACHINES}/cpc-0", body, token)
    _ask(cloud, "POST", "/_sim/clock/advance", {"seconds": 600})
    store = cloud.world.resources
    first = store.get(f"{MACHINES}/cpc-0")
    if first is None:
        raise SystemExit("the first machine is not there")
    for number in range(1, machines):
        path = f"{MACHINES}/cpc-{number}"
        store.add(replace(first, id=path, body={**first.body, "id": path, "name": f"cpc-{number}"}))


def _ask(cloud: Cloud, method: str, path: str, body: object, token: str = "") -> bytes:
    headers = {"host": "cloud", "authorization": f"Bearer {token}", "content-type": "application/json"}
    version = "2024-05-01" if "Microsoft.Network" in path else "2024-11-01"
    reply = cloud.handle(Request(method, path, f"api-version={version}", headers, json.dumps(body).encode()))
    if reply.status >= 400:  # noqa: PLR2004 - the range of errors
        raise SystemExit(f"{method} {path}: {reply.body.decode()}")
    return reply.body


def _tell(port: int, token: str) -> None:
    print(json.dumps({"port": port, "token": token}), flush=True)


if __name__ == "__main__":
    main()
