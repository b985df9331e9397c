"""The cloud as a process, killed with -9 in the middle of a burst of the real clients' writes."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest
from azure.keyvault.secrets.aio import SecretClient
from azure_simulator.certificates import Certificates
from azure_simulator.seeds import demo_seed

from packages.azure_simulator.tests.bodies import vm_body
from packages.azure_simulator.tests.contract.azure import Azure
from packages.azure_simulator.tests.processes import Process, Tokens

SUBSCRIPTION = "33333333-3333-4333-8333-333333333333"
LOGIN = "fb879df8-f326-4884-b1cf-06f3ad86be52"
ROLE = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{LOGIN}"
KILLS, WRITERS, EACH = 2, 3, 3
MEMBERS_BEFORE = 2
"""The demo's group Project has the first users already."""
Check = Callable[[], Awaitable[None]]


@dataclass
class Burst:
    """Writers that continue through restarts, and the responses that they got."""

    process: Process
    azure: Azure
    secrets: SecretClient
    session: aiohttp.ClientSession
    graph: dict[str, str]
    subnet: str = ""
    answered: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    checks: list[Check] = field(default_factory=list)

    async def sure(self, write: Callable[[], Awaitable[Any]]) -> Any:
        """Write until there is an answer."""
        while True:
            await self.process.is_up.wait()
            try:
                found = await write()
            except (AzureError, aiohttp.ClientError, OSError) as problem:
                if getattr(problem, "status_code", None) is not None:
                    raise
                await asyncio.sleep(0.01)
                continue
            self.answered.release()
            return found

    async def sim(self, path: str, body: Any) -> Any:
        async with self.session.post(f"{self.process.url}/_sim/{path}", json=body) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def get(self, url: str) -> Any:
        async with self.session.get(url, headers=self.graph) as answer:
            return await answer.json()

    async def writer(self, number: int) -> None:
        for each in range(EACH):
            await self.machine(f"cpc-{number}-{each}")
            await self.secret(f"secret-{number}-{each}")
            await self.member(f"user{number * EACH + each + 1:02}@contoso.example")

    async def machine(self, name: str) -> None:
        azure, urls = self.azure, []
        nics, vms = azure.network.network_interfaces, azure.compute.virtual_machines
        nic = await self.sure(lambda: azure.make_nic(self.subnet, f"{name}-nic"))
        body = vm_body(nic.id, computer=name.upper())

        def hook(response: Any) -> None:
            urls.append(response.http_response.headers.get("Azure-AsyncOperation", ""))

        await self.sure(lambda: vms.begin_create_or_update(azure.group, name, body, raw_response_hook=hook))
        made = await self.sure(lambda: vms.get(azure.group, name))
        operation = await self.sure(lambda: self.look(urls[-1]))
        address = nic.ip_configurations[0].private_ip_address

        async def check() -> None:
            found, its_nic = await vms.get(azure.group, name), await nics.get(azure.group, f"{name}-nic")
            assert (found.vm_id, found.time_created) == (made.vm_id, made.time_created)
            assert its_nic.ip_configurations[0].private_ip_address == address
            now = await self.look(urls[-1])
            assert now["startTime"] == operation["startTime"]
            assert operation.get("endTime", now.get("endTime")) == now.get("endTime")

        self.checks.append(check)

    async def look(self, url: str) -> Any:
        """Ask for the status of an operation."""
        return (await self.azure.compute.send_request(HttpRequest("GET", url))).json()

    async def secret(self, name: str) -> None:
        made = await self.sure(lambda: self.secrets.set_secret(name, f"hidden {name}", tags={"for": name}))

        async def check() -> None:
            found = await self.secrets.get_secret(name, made.properties.version)
            assert (found.value, found.properties.created_on) == (made.value, made.properties.created_on)

        self.checks.append(check)

    async def member(self, user: str) -> None:
        await self.sure(lambda: self.sim("graph/members", {"group": "Project", "add": [user]}))
        role, scope = self.azure.authorization.role_assignments, self.azure.group_id
        name = f"00000000-0000-4000-8000-0000000000{user[4:6]}"
        person = await self.sure(lambda: self.get(f"{self.process.url}/v1.0/users/{user}"))
        body: Any = {"properties": {"roleDefinitionId": ROLE, "principalId": person["id"], "principalType": "User"}}
        made = await self.sure(lambda: role.create(scope, name, body))

        async def check() -> None:
            found = await role.get(scope, name)
            assert (found.principal_id, found.created_on) == (person["id"], made.created_on)

        self.checks.append(check)


async def _killer(burst: Burst, chance: random.Random) -> None:
    for _ in range(KILLS):
        for _ in range(chance.randrange(5, 30)):
            await burst.answered.acquire()
        await burst.process.kill()
        await burst.process.start()


@pytest.mark.simulator
async def test_nothing_that_was_answered_is_lost(tmp_path: Path, certificates: Certificates) -> None:
    process = Process(tmp_path, certificates, demo_seed(WRITERS * EACH))
    await process.start()
    connector = aiohttp.TCPConnector(ssl=certificates.client_context())
    async with aiohttp.ClientSession(connector=connector) as session:
        tokens, bundle = Tokens(process, session), str(certificates.bundle)
        token = (await tokens.get_token("https://graph.microsoft.com/.default")).token
        secrets = SecretClient(
            process.url, tokens, connection_verify=bundle, retry_total=0, verify_challenge_resource=False
        )
        async with Azure.connect(tokens, SUBSCRIPTION, url=process.url, bundle=bundle) as azure, secrets:
            burst = Burst(process, azure, secrets, session, {"Authorization": f"Bearer {token}"})
            await burst.sim("config", {"throttling": {"enabled": False}, "anyPrincipalExists": True})
            await azure.make_group()
            burst.subnet = await azure.make_subnet()
            delta = await burst.get(f"{process.url}/v1.0/groups/delta?$deltatoken=latest")
            killer = asyncio.create_task(_killer(burst, random.Random(5)))
            await asyncio.gather(*(burst.writer(number) for number in range(WRITERS)))
            await killer
            for check in burst.checks:
                await check()
            changes = (await burst.get(delta["@odata.deltaLink"]))["value"]
    await process.kill()
    assert len(burst.checks) == WRITERS * EACH * 3
    assert [len(each["members@delta"]) for each in changes] == [WRITERS * EACH - MEMBERS_BEFORE]
