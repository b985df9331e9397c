"""The requests that the comparison of a resource group with the records costs in requests to Table Storage."""

import ssl
from datetime import timedelta

import pytest
from aiohttp import ClientSession, TCPConnector

from bench.reading import CountingTransport
from local.azurite import Azurite
from shared.contracts.inventory import COMPARE_RESOURCE_GROUP, Compared, ResourceGroupScanOrder
from shared.domain.cloud_pcs.lifecycle import Phase, Status
from shared.domain.owner import Owner, OwnerKind
from shared.storage.tables import Tables
from tests.identities import Identity
from tests.integration import desks, things
from tests.integration.services import PaperServices, in_place, perform
from tests.integration.test_lost_machines import PLACE, vm
from tests.integration.test_second_questions import MADE

ORDER = ResourceGroupScanOrder(tenant_id="contoso", subscription_id=things.SUBSCRIPTION, resource_group=PLACE)


async def _furnish(services: PaperServices, machines: int) -> None:
    """Put machines of Cloud PCs and of session hosts into the resource group, each with its record."""
    services.azure.machines[PLACE] = []
    for number in range(machines):
        pc = things.cloud_pc(f"user{number}", status=Status.PROVISIONED, attempt=1, phase=Phase.BUILT)
        pc = pc.with_current(resources=MADE.but(computer_name="CPC-ADA", vm_id=vm(Owner.cloud_pc(pc.id)).id))
        await services.cloud_pcs.insert(pc)
        host = desks.session_host(number)
        await services.session_hosts.insert(host)
        owners = (Owner.cloud_pc(pc.id), Owner(kind=OwnerKind.SESSION_HOST, id=host.id))
        services.azure.machines[PLACE] += [vm(owner) for owner in owners]


@pytest.mark.parametrize("machines", [1, 40])
async def test_a_resource_group_costs_as_many_requests_whatever_it_holds(
    azurite_server: Azurite, tls: ssl.SSLContext, machines: int
) -> None:
    async with ClientSession(connector=TCPConnector(ssl=tls)) as session:
        wire = CountingTransport(session)
        tables = Tables(azurite_server.tables_url, Identity, prefix=f"scan{machines}", transport=wire)
        services = PaperServices(tables)
        with in_place(services):
            await services.tenants.insert(things.tenant())
            await _furnish(services, machines)
            await perform(COMPARE_RESOURCE_GROUP, ORDER)  # the first makes the tables
            wire.take()
            services.hand.advance(timedelta(hours=1))
            compared = await perform(COMPARE_RESOURCE_GROUP, ORDER)
        assert isinstance(compared, Compared)
        assert wire.take()["requests"] == len(
            ["what is compared after a restore", "Cloud PCs", "pool members", "hosts"]
        )
        await tables.close()


async def test_a_machine_without_a_record_is_unknown(contoso: PaperServices) -> None:
    await _furnish(contoso, 1)
    contoso.azure.machines[PLACE].append(vm(Owner.cloud_pc("0123456789abcdef0123")))
    contoso.hand.advance(timedelta(hours=1))
    compared = await perform(COMPARE_RESOURCE_GROUP, ORDER)
    assert [each.subject_id for each in compared.unknown] == ["0123456789abcdef0123"]
