"""A user who has another principal name by the time their desktop is assigned, opened or examined."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure_simulator.certificates import Certificates

from activities.spot.session_hosts import let_in
from shared.contracts import desktops
from shared.contracts.calls import on_behalf_of
from shared.contracts.outcomes import Done
from shared.contracts.remote_actions import EXAMINE, Examined, RemoteOrder
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.remote_action import Remote
from tests.contract.test_activities_adopting_hosts import Written
from tests.contract.test_activities_desktop import ENTRA, assign, build, join, machine_of
from tests.contract.worker import TENANT, UPN, Worker, building, working
from tests.integration.desks import member

pytestmark = pytest.mark.simulator

MACHINE = machine_of()
NEW = "ada.new@contoso.example"


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    """Run a cloud with a machine that is joined."""
    async with working(certificates, monkeypatch) as found:
        deps: Any = found.deps
        deps.spot_members, deps.cloud_pcs = Written(), Written()
        await build(found, MACHINE)
        await join(found, MACHINE)
        yield found


async def rename(worker: Worker, user: str = UPN, name: str = NEW) -> None:
    await worker.cloud.sim("graph/users", {"user": user, "userPrincipalName": name})


async def assigned_user(worker: Worker, pool: desktops.HostPoolReady) -> str:
    host = await worker.cloud.arm("GET", f"{pool.host_pool_id}/sessionHosts/{MACHINE.computer_name}")
    return str(host["properties"]["assignedUser"])


async def test_a_desktop_is_assigned_to_the_name_that_its_user_has_now(worker: Worker) -> None:
    """The order was written before it waited for capacity."""
    pool = await assign(worker, MACHINE)
    await rename(worker)
    order = desktops.AssignmentOrder(
        machine=MACHINE,
        host_pool_id=pool.host_pool_id,
        session_host=MACHINE.computer_name,
        user_principal_name=UPN,
        user_id=worker.user.id,
    )
    assert await worker.do(desktops.ASSIGN_SESSION_HOST, order) == Done()
    assert await assigned_user(worker, pool) == NEW


async def test_a_dedicated_host_is_opened_for_the_name_that_its_user_has_now(worker: Worker) -> None:
    """Their record has the one with which the directory was read last."""
    pool = await assign(worker, MACHINE)
    deps: Any = worker.deps
    known = member("ada", tenant_id=TENANT.id, group_id="g1", user_id=worker.user.id, user_principal_name=UPN)
    deps.spot_members.values[known.id] = known
    await rename(worker)
    with on_behalf_of(TENANT.id):
        await let_in(MACHINE, pool.host_pool_id, None, ENTRA, user_id=worker.user.id, group_id="g1")
    assert await assigned_user(worker, pool) == NEW


async def session_host(worker: Worker, pool: desktops.HostPoolReady, name: str) -> str:
    """Return how the examination judges the session host, by an order with *name*."""
    order = RemoteOrder(
        name=Remote.TROUBLESHOOT,
        generation=1,
        operation_id="o1",
        machine=MACHINE,
        user_id=worker.user.id,
        user_principal_name=name,
        account=f"AzureAD\\{name}",
        join_type=ENTRA,
        host_pool_id=pool.host_pool_id,
    )
    found = await worker.do(EXAMINE, order)
    assert isinstance(found, Examined), found
    return next(check.status for check in found.checks if check.name == "sessionHost")


async def test_an_examination_knows_the_user_by_each_of_their_names(worker: Worker) -> None:
    pool = await assign(worker, MACHINE)
    deps: Any = worker.deps
    mine = building("pc1", Resources()).but(user=worker.user)
    deps.cloud_pcs.values[mine.id] = mine
    assert await session_host(worker, pool, UPN) == "passed"
    await rename(worker)
    assert await session_host(worker, pool, NEW) == "passed"  # the pool shows the old one, as their record does
    await rename(worker, "user02@contoso.example", UPN)
    assert await session_host(worker, pool, NEW) == "failed"  # it is not certain whose the desktop is


async def test_a_desktop_that_shows_the_name_of_somebody_else_is_not_the_users(worker: Worker) -> None:
    pool = await assign(worker, MACHINE)
    await rename(worker)
    await rename(worker, "user02@contoso.example", UPN)
    assert await session_host(worker, pool, UPN) == "failed"
