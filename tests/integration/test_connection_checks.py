"""Times at which the sweep checks a connection, and makes a probe; on real tables."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.networks.connection import HealthCheck, HealthStatus, Network
from shared.domain.operations.operation import OperationStatus
from shared.domain.tenants.tenant import Paused
from shared.services.networks.connection_checks import check_due, probe_wanted, promise_checks
from shared.services.policies.reconciling import SWEEP_AFTER
from shared.storage.due import Due, DueKind
from tests.integration import things
from tests.integration.services import IdleHost, PaperServices

OWN = Network(virtual_network_id="/vnet", subnet_ids=("/vnet/subnets/pcs",))
DUE = Due(DueKind.RECHECK, things.NOW, "contoso", "c1")
UNWELL = HealthCheck(display_name="reachEntra", status=HealthStatus.FAILED)
FULL = HealthCheck(display_name="subnetIpUsage", status=HealthStatus.FAILED)
HOURS = timedelta(hours=1)


@pytest.fixture
async def here(paper: PaperServices) -> PaperServices:
    await paper.tenants.insert(things.tenant())
    await paper.sites.insert(things.site())
    await paper.connections.insert(things.connection(network=OWN, checked_date_time=things.NOW))
    return paper


async def change(here: PaperServices, **changes: Any) -> None:
    await here.connections.change("contoso", "c1", lambda connection: connection.but(**changes))


async def look(here: PaperServices, after: timedelta) -> tuple[Any, IdleHost]:
    here.hand.advance(after)
    host: Any = IdleHost()
    return await check_due(here, host, DUE), host


async def test_a_connection_that_was_just_checked_is_left_alone(here: PaperServices) -> None:
    again, host = await look(here, 2 * HOURS)
    assert (again, host.started) == (things.NOW + 6 * HOURS, [])


async def test_a_check_some_hours_old_is_made_again_without_a_probe(here: PaperServices) -> None:
    again, host = await look(here, 6 * HOURS)
    assert again == things.NOW + 6 * HOURS + SWEEP_AFTER
    assert "probe" not in host.orders[0]


async def test_an_unhealthy_connection_is_looked_at_within_the_hour_and_what_a_probe_found_probed(
    here: PaperServices,
) -> None:
    await change(here, health_check_status=HealthStatus.FAILED, health_checks=(UNWELL,))
    _, host = await look(here, HOURS)
    assert host.orders[0]["probe"]["cleanOnly"] is False


async def test_what_a_probe_left_is_removed_by_the_next_check(here: PaperServices) -> None:
    await change(here, probe_computer_names=("CPC-HTH-AAAAA",))
    _, host = await look(here, 6 * HOURS)
    assert (host.orders[0]["probe"]["cleanOnly"], host.orders[0]["probe"]["earlier"]) == (True, ["CPC-HTH-AAAAA"])


@pytest.mark.parametrize("status", [OperationStatus.NOT_STARTED, OperationStatus.RUNNING])
async def test_what_somebody_waits_for_is_begun_whenever_it_was_checked(
    here: PaperServices, status: OperationStatus
) -> None:
    await here.operations.insert(things.operation(id="o7", kind="checkConnection", resource_id="c1", status=status))
    _, host = await look(here, timedelta(minutes=2))
    assert host.orders[0]["operationId"] == "o7"
    assert host.orders[0]["probe"]["cleanOnly"] is False


async def test_checks_of_what_nobody_uses_pause(here: PaperServices) -> None:
    await change(here, checks_wanted_until=things.NOW + HOURS)
    again, host = await look(here, 6 * HOURS)
    assert (again, host.started) == (things.NOW + 12 * HOURS, [])


@pytest.mark.parametrize("whole", [False, True], ids=["the tenant", "the service"])
async def test_while_it_is_paused_connections_are_not_checked_by_time(here: PaperServices, *, whole: bool) -> None:
    async def set_to(paused: Paused | None) -> None:
        if whole:
            await here.service_state.change(lambda state: state.but(paused=paused))
        else:
            await here.tenants.change("contoso", lambda tenant: tenant.but(paused=paused))

    await set_to(Paused(by="ada", at=things.NOW))
    again, host = await look(here, 6 * HOURS)
    await set_to(None)
    await promise_checks(here, "contoso", here.clock.now())
    promised = await here.due.due(DueKind.RECHECK, here.clock.now())
    _, resumed = await look(here, timedelta())
    assert (again, host.started) == (things.NOW + 12 * HOURS, [])
    assert [due.subject_id for due in promised] == ["c1"]
    assert len(resumed.started) == 1


async def test_use_keeps_the_checks_going(here: PaperServices) -> None:
    await change(here, checks_wanted_until=things.NOW + HOURS)
    await here.cloud_pcs.insert(things.cloud_pc())
    _, host = await look(here, 6 * HOURS)
    renewed = (await here.connections.get("contoso", "c1")).value.checks_wanted_until
    assert len(host.started) == 1
    assert renewed == things.NOW + 6 * HOURS + timedelta(weeks=4)


@pytest.mark.parametrize(
    ("changes", "asked", "wanted"),
    [
        pytest.param({"network": OWN, "checked_date_time": None}, True, True, id="own network, saved"),
        pytest.param({"checked_date_time": None}, True, False, id="hosted network, saved"),
        pytest.param({}, True, True, id="hosted network, on demand"),
        pytest.param({"network": OWN}, False, False, id="healthy, by time"),
        pytest.param({"health_checks": (UNWELL,)}, False, True, id="unwell inside, by time"),
        pytest.param({"health_checks": (FULL,)}, False, False, id="unwell outside, by time"),
    ],
)
def test_a_probe_is_made_when_it_can_tell_something_new(*, changes: dict[str, Any], asked: bool, wanted: bool) -> None:
    connection = things.connection(checked_date_time=things.NOW).but(**changes)
    assert probe_wanted(connection, requested=asked) is wanted
