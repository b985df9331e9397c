"""Azure Virtual Desktop through the real azure-mgmt-desktopvirtualization client."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity.aio import ManagedIdentityCredential
from azure.mgmt.desktopvirtualization.aio import DesktopVirtualizationMgmtClient
from azure.mgmt.desktopvirtualization.models import (
    ApplicationGroup,
    DesktopPatch,
    HostPool,
    HostPoolPatch,
    RegistrationInfoPatch,
    SessionHostPatch,
    Workspace,
)
from azure_simulator.certificates import Certificates

from packages.azure_simulator.tests.contract.running import DIRECTORY, GROUP, START_US, SUBSCRIPTION, Running, running

pytestmark = pytest.mark.simulator
NOW = datetime.fromtimestamp(START_US / 1_000_000, UTC)


@pytest.fixture
async def cloud(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    async with running(certificates, monkeypatch) as found:
        token = await found.token("https://management.azure.com")
        headers = {"Authorization": f"Bearer {token}"}
        answer = await found.call(
            "PUT", f"{GROUP}?api-version=2024-03-01", headers=headers, json={"location": "westeurope"}
        )
        assert answer.status == 201
        yield found


@pytest.fixture
async def client(cloud: Running) -> AsyncIterator[Any]:
    async with (
        ManagedIdentityCredential() as credential,
        DesktopVirtualizationMgmtClient(
            credential, SUBSCRIPTION, base_url=cloud.url, connection_verify=cloud.bundle, retry_total=0
        ) as found,
    ):
        yield found


async def make_pool(client: Any, name: str = "desks") -> Any:
    wanted = HostPool(
        location="westeurope",
        host_pool_type="Personal",
        load_balancer_type="Persistent",
        preferred_app_group_type="Desktop",
        personal_desktop_assignment_type="Direct",
    )
    return await client.host_pools.create_or_update("desks", name, wanted)


async def make_token(client: Any, name: str = "desks", hours: float = 24) -> str:
    info = RegistrationInfoPatch(expiration_time=NOW + timedelta(hours=hours), registration_token_operation="Update")
    await client.host_pools.update("desks", name, HostPoolPatch(registration_info=info))
    return str((await client.host_pools.retrieve_registration_token("desks", name)).token)


def register(cloud: Running, token: str, name: str = "CPC-0001", pool: str = "desks") -> str:
    vm_id = cloud.add_machine(name)
    facts = {"computer_name": name, "vm_uuid": "u", "joined": "entra"}
    cloud.cloud.world.publish("session_host_registered", vm_id=vm_id, host_pool=pool, token=token, **facts)
    return vm_id


async def hosts(client: Any) -> list[Any]:
    return [each async for each in client.session_hosts.list("desks", "desks")]


async def test_a_pool_is_created_found_listed_changed_and_deleted(client: Any) -> None:
    made = await make_pool(client)
    assert (made.host_pool_type, made.load_balancer_type) == ("Personal", "Persistent")
    changed = await client.host_pools.update("desks", "desks", HostPoolPatch(friendly_name="Desks", tags={"a": "b"}))
    assert (changed.friendly_name, changed.tags) == ("Desks", {"a": "b"})
    assert [each.name async for each in client.host_pools.list_by_resource_group("desks")] == ["desks"]
    await client.host_pools.delete("desks", "desks")
    with pytest.raises(ResourceNotFoundError):
        await client.host_pools.get("desks", "desks")


async def test_a_get_never_shows_the_token_but_the_list_call_does(client: Any) -> None:
    # docs/notes.md 7.1: newer APIs replaced the token in GET by a list call
    await make_pool(client)
    token = await make_token(client)
    assert (await client.host_pools.get("desks", "desks")).registration_info is None
    listed = await client.host_pools.list_registration_tokens("desks", "desks")
    assert (
        [each.token async for each in listed] == [token]
        if hasattr(listed, "__aiter__")
        else [each.token for each in listed.value] == [token]
    )


async def test_a_token_lives_between_one_hour_and_27_days(client: Any) -> None:
    # learn.microsoft.com/azure/virtual-desktop/add-session-hosts-host-pool: 1 hour to 27 days
    await make_pool(client)
    for hours in (0.1, 28 * 24):
        with pytest.raises(HttpResponseError, match="27 days"):
            await make_token(client, hours=hours)


async def test_an_expired_token_is_not_shown(cloud: Running, client: Any) -> None:
    await make_pool(client)
    await make_token(client, hours=2)
    cloud.advance(3 * 3_600)
    assert (await client.host_pools.retrieve_registration_token("desks", "desks")).token is None


async def test_a_registered_machine_becomes_available_after_a_while(cloud: Running, client: Any) -> None:
    await make_pool(client)
    vm_id = register(cloud, await make_token(client))
    host = (await hosts(client))[0]
    assert (host.status, host.resource_id, host.name) == ("Unavailable", vm_id, "desks/CPC-0001")
    cloud.advance(900)
    assert (await client.session_hosts.get("desks", "desks", "CPC-0001")).status == "Available"


@pytest.mark.parametrize("after_hours", [0, 30])
async def test_a_wrong_or_expired_token_registers_nothing(cloud: Running, client: Any, after_hours: int) -> None:
    await make_pool(client)
    token = await make_token(client)
    cloud.advance(after_hours * 3_600)
    register(cloud, token if after_hours else "wrong")
    assert await hosts(client) == []
    answers: list[str] = []
    cloud.cloud.world.publish("ask_registration", host_pool="desks", token="wrong", answers=answers)
    assert "INVALID_REGISTRATION_TOKEN" in answers[0]


async def test_a_hashed_token_registers_as_well(cloud: Running, client: Any) -> None:
    await make_pool(client)
    register(cloud, cloud.cloud.world.protector.hash(await make_token(client)))
    assert len(await hosts(client)) == 1


async def test_a_personal_desktop_is_assigned_and_reassigned_only_by_force(cloud: Running, client: Any) -> None:
    # learn.microsoft.com/azure/virtual-desktop/configure-host-pool-personal-desktop-assignment-type
    await make_pool(client)
    register(cloud, await make_token(client))
    patch = SessionHostPatch(assigned_user="user01@contoso.example")
    assert (await client.session_hosts.update("desks", "desks", "CPC-0001", session_host=patch)).assigned_user
    other = SessionHostPatch(assigned_user="user02@contoso.example")
    with pytest.raises(HttpResponseError, match="force"):
        await client.session_hosts.update("desks", "desks", "CPC-0001", session_host=other)
    moved = await client.session_hosts.update("desks", "desks", "CPC-0001", force=True, session_host=other)
    assert moved.assigned_user == "user02@contoso.example"


async def test_a_host_can_be_drained(cloud: Running, client: Any) -> None:
    await make_pool(client)
    register(cloud, await make_token(client))
    patch = SessionHostPatch(allow_new_session=False)
    assert (
        await client.session_hosts.update("desks", "desks", "CPC-0001", session_host=patch)
    ).allow_new_session is False


async def test_the_record_outlives_its_machine_until_it_is_deleted(cloud: Running, client: Any) -> None:
    # docs/notes.md 7.4: deleting the VM leaves the session host, Unavailable
    await make_pool(client)
    vm_id = register(cloud, await make_token(client))
    cloud.advance(900)
    cloud.remove_machine(vm_id, "CPC-0001")
    assert [each.status for each in await hosts(client)] == ["Unavailable"]
    assert [each["invariant"] for each in await cloud.findings(*DIRECTORY)] == ["sessionHostOrphans"]
    await client.session_hosts.delete("desks", "desks", "CPC-0001")
    assert await cloud.findings(*DIRECTORY) == []


async def test_a_pool_with_hosts_is_deleted_by_force_only(cloud: Running, client: Any) -> None:
    await make_pool(client)
    register(cloud, await make_token(client))
    with pytest.raises(HttpResponseError):
        await client.host_pools.delete("desks", "desks")
    await client.host_pools.delete("desks", "desks", force=True)


async def test_sessions_are_listed_per_pool_and_block_deleting_their_host(cloud: Running, client: Any) -> None:
    await make_pool(client)
    register(cloud, await make_token(client))
    host = (await hosts(client))[0]
    await cloud.sim("desktops/sessions", {"sessionHost": host.id, "userPrincipalName": "user01@contoso.example"})
    sessions = [each async for each in client.user_sessions.list_by_host_pool("desks", "desks")]
    assert [each.user_principal_name for each in sessions] == ["user01@contoso.example"]
    with pytest.raises(HttpResponseError, match="sessions"):
        await client.session_hosts.delete("desks", "desks", "CPC-0001")
    await client.user_sessions.delete("desks", "desks", "CPC-0001", sessions[0].id.rsplit("/", 1)[-1])
    await client.session_hosts.delete("desks", "desks", "CPC-0001")


async def test_a_desktop_group_publishes_one_desktop_shown_by_a_workspace(client: Any) -> None:
    pool = await make_pool(client)
    wanted = ApplicationGroup(location="westeurope", host_pool_arm_path=pool.id, application_group_type="Desktop")
    group = await client.application_groups.create_or_update("desks", "apps", wanted)
    renamed = await client.desktops.update("desks", "apps", "SessionDesktop", DesktopPatch(friendly_name="Cloud PC"))
    assert renamed.friendly_name == "Cloud PC"
    space = Workspace(location="westeurope", application_group_references=[group.id])
    await client.workspaces.create_or_update("desks", "space", space)
    shown = await client.application_groups.get("desks", "apps")
    assert shown.workspace_arm_path.endswith("/workspaces/space")
    assert (await client.host_pools.get("desks", "desks")).application_group_references == [group.id]
    await client.application_groups.delete("desks", "apps")
    assert (await client.workspaces.get("desks", "space")).application_group_references == []


async def test_a_personal_pool_balances_persistently(client: Any) -> None:
    wanted = HostPool(
        location="westeurope",
        host_pool_type="Personal",
        load_balancer_type="BreadthFirst",
        preferred_app_group_type="Desktop",
    )
    with pytest.raises(HttpResponseError, match="Persistent"):
        await client.host_pools.create_or_update("desks", "wrong", wanted)
