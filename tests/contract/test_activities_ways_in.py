"""A way in to the machine of an image version, opened and closed by the activities; and what is left of one."""

from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from azure_simulator.certificates import Certificates

from activities.machines.software import software_script
from activities.spot.image_versions import without
from packages.azure_simulator.tests.contract.running import SUBSCRIPTION
from shared.contracts import image_versions as contracts
from shared.contracts.inventory import SCAN_RESOURCE_GROUP
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Done, MissingError, Refused
from shared.domain import naming
from shared.domain.owner import Owner, OwnerKind
from shared.domain.spot.images.image_set import RecipeStep, StoredSecret
from tests.contract.test_activities_desktop import build
from tests.contract.test_activities_orphans import PLACE, Lists
from tests.contract.worker import GROUP, REGION, TENANT, Records, Worker, working
from tests.integration import image_things

pytestmark = pytest.mark.simulator

MACHINE = Machine(
    tenant_id=TENANT.id,
    owner=Owner(kind=OwnerKind.IMAGE_VERSION, id="11111111-2222-4333-8444-555555555555"),
    subscription_id=SUBSCRIPTION,
    resource_group=GROUP,
    region=REGION,
    computer_name="VER-11111111",
)
WAY_IN = contracts.WayInOrder(machine=MACHINE, address="20.50.2.10")


LICENCE = "https://vault/secrets/recipe"


class PaperVault:
    """Has one password, and one secret of a recipe, until they are taken away."""

    def __init__(self) -> None:
        self.kept = {"https://vault/secrets/once": "Chosen-by-the-caller-7", LICENCE: "Licence-47 11'\""}

    async def read(self, address: str) -> str:
        return self.kept[address]

    async def set_at(self, address: str) -> datetime:
        if address not in self.kept:
            raise MissingError(Refused(code="SecretNotFound", message=address))
        return datetime(2026, 1, 1, tzinfo=UTC)

    async def delete(self, address: str) -> None:
        del self.kept[address]


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    async with working(certificates, monkeypatch, profile="instant") as found:
        deps: Any = found.deps
        deps.orphans, deps.computer_names, deps.images = Lists(), Records(), Records()
        deps.image_sets, deps.image_versions = Records(), Records()
        yield found


def network(worker: Worker) -> Any:
    return worker.deps.arm.network(TENANT.id, SUBSCRIPTION)


async def rules(worker: Worker) -> list[Any]:
    group = f"{naming.hosted_network_name(TENANT.id, REGION)}-nsg"
    return [each async for each in network(worker).security_rules.list(GROUP, group)]


async def test_a_way_in_is_for_one_address_and_opened_again_it_is_the_same(worker: Worker) -> None:
    await build(worker, MACHINE)
    opened = [await worker.wait(contracts.OPEN_WAY_IN, WAY_IN) for _ in range(2)]
    (rule,) = await rules(worker)
    nic = await network(worker).network_interfaces.get(GROUP, MACHINE.nic_name)

    assert opened[0] == opened[1]
    assert rule.properties.source_address_prefix == "20.50.2.10/32"
    assert rule.properties.destination_port_range == "3389"
    private = nic.properties.ip_configurations[0].properties.private_ip_address
    assert rule.properties.destination_address_prefix == f"{private}/32"
    assert nic.properties.virtual_machine is not None


async def with_bastion(worker: Worker) -> str:
    """Give the hosted network a Bastion, as its administrator would; return its id."""
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Network"
    vnet = f"{group}/virtualNetworks/{naming.hosted_network_name(TENANT.id, REGION)}"
    shown = await worker.cloud.arm("GET", vnet)
    prefixes = [*shown["properties"]["addressSpace"]["addressPrefixes"], "10.99.0.0/26"]
    subnets = [
        *shown["properties"]["subnets"],
        {"name": "AzureBastionSubnet", "properties": {"addressPrefix": "10.99.0.0/26"}},
    ]
    properties = {"addressSpace": {"addressPrefixes": prefixes}, "subnets": subnets}
    await worker.cloud.arm("PUT", vnet, {"location": REGION, "properties": properties})
    public, standard = f"{group}/publicIPAddresses/bastion", {"location": REGION, "sku": {"name": "Standard"}}
    await worker.cloud.arm("PUT", public, {**standard, "properties": {"publicIPAllocationMethod": "Static"}})
    inner = {"subnet": {"id": f"{vnet}/subnets/AzureBastionSubnet"}, "publicIPAddress": {"id": public}}
    bastion = f"{group}/bastionHosts/bastion"
    body = {**standard, "properties": {"ipConfigurations": [{"name": "ip", "properties": inner}]}}
    await worker.cloud.arm("PUT", bastion, body)
    return bastion


async def test_where_the_network_has_a_bastion_its_subnet_is_let_in_and_no_address_is_made(worker: Worker) -> None:
    await build(worker, MACHINE)
    before = await worker.wait(contracts.OPEN_WAY_IN, WAY_IN)
    bastion = await with_bastion(worker)
    opened = await worker.wait(contracts.OPEN_WAY_IN, WAY_IN)
    (rule,) = await rules(worker)
    names = [str(each.name) async for each in network(worker).public_ip_addresses.list(GROUP)]

    assert isinstance(before, contracts.WayIn)
    assert before.public_address is not None
    assert isinstance(opened, contracts.WayIn)
    assert (opened.public_address, str(opened.bastion_id).lower()) == (None, bastion.lower())
    assert rule.properties.source_address_prefix == "10.99.0.0/26"
    assert [name for name in names if name.startswith("ver-")] == []
    assert isinstance(await worker.wait(contracts.CLOSE_WAY_IN, MACHINE), Done)
    assert await rules(worker) == []


async def test_two_ways_in_have_rules_of_different_priority(worker: Worker) -> None:
    other = MACHINE.but(owner=MACHINE.owner.but(id="21111111-2222-4333-8444-555555555555"))
    for machine in (MACHINE, other):
        await build(worker, machine)
        await worker.wait(contracts.OPEN_WAY_IN, WAY_IN.but(machine=machine))
    found = {rule.properties.priority for rule in await rules(worker)}
    await worker.wait(contracts.CLOSE_WAY_IN, MACHINE)

    assert len(found) == 2
    assert [rule.name for rule in await rules(worker)] == [naming.way_in_rule(other.owner)]


async def test_closed_nothing_is_left_of_it_and_closing_again_is_no_error(worker: Worker) -> None:
    await build(worker, MACHINE)
    await worker.wait(contracts.OPEN_WAY_IN, WAY_IN)
    for _ in range(2):
        assert isinstance(await worker.wait(contracts.CLOSE_WAY_IN, MACHINE), Done)

    left = [each.name async for each in network(worker).public_ip_addresses.list(GROUP)]
    assert (await rules(worker), [name for name in left if str(name).startswith("ver-")]) == ([], [])


async def test_a_way_in_that_no_version_has_is_in_the_list_of_orphans(worker: Worker) -> None:
    await build(worker, MACHINE)
    await worker.wait(contracts.OPEN_WAY_IN, WAY_IN)
    await worker.do(SCAN_RESOURCE_GROUP, PLACE)
    deps: Any = worker.deps
    found = {each.found.name for each in deps.orphans.values.values()}

    assert {MACHINE.vm_name, MACHINE.nic_name, f"{MACHINE.vm_name}-ip", naming.way_in_rule(MACHINE.owner)} <= found


async def test_the_chosen_password_is_where_azure_does_not_return_it_and_then_nowhere(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = PaperVault()
    monkeypatch.setattr(worker.deps, "vault", lambda: vault)
    await build(worker, MACHINE)
    order = contracts.AdministratorOrder(machine=MACHINE, secret_url="https://vault/secrets/once")
    await worker.finish(await worker.do(contracts.BEGIN_ADMINISTRATOR, order))
    assert isinstance(await worker.wait(contracts.READ_ADMINISTRATOR, order), Done)
    command = await worker.cloud.arm("GET", f"{MACHINE.vm_id}/runCommands/deskwright-connect")
    forget = contracts.SecretOrder(tenant_id=TENANT.id, secret_url=order.secret_url)
    for _ in range(2):
        assert isinstance(await worker.do(contracts.FORGET_SECRET, forget), Done)

    assert "Chosen-by-the-caller-7" not in str(command)
    assert list(vault.kept) == [LICENCE]


async def test_a_password_that_windows_refuses_is_refused_with_its_reason(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.deps, "vault", PaperVault)
    await build(worker, MACHINE)
    await worker.cloud.sim("config", {"scriptOutcomes": [{"step": "setAdministrator", "message": "too short"}]})
    order = contracts.AdministratorOrder(machine=MACHINE, secret_url="https://vault/secrets/once")
    await worker.finish(await worker.do(contracts.BEGIN_ADMINISTRATOR, order))
    refused = await worker.wait(contracts.READ_ADMINISTRATOR, order)

    assert isinstance(refused, Refused)
    assert refused.message == "too short"


def test_a_script_of_a_recipe_cannot_leave_the_text_that_it_is_in() -> None:
    script = "'; Remove-Item C:\\ -Recurse #"
    assert script not in software_script(script)
    assert "# step: runScript" in software_script(script)
    assert "# step: installPackage" in software_script(None)


async def recipe_step(worker: Worker, monkeypatch: pytest.MonkeyPatch, said: str) -> tuple[Any, str]:
    """Run a step with a secret that ends with the output *said*; return the outcome, and all that Azure shows of it."""
    vault = PaperVault()
    monkeypatch.setattr(worker.deps, "vault", lambda: vault)
    await build(worker, MACHINE)
    deps: Any = worker.deps
    step = RecipeStep(name="Licence", script="Register $env:SECRET_Key", secrets=("Key",))
    version = image_things.version(id=MACHINE.owner.id, tenant_id=TENANT.id, recipe=(step,))
    stored = (StoredSecret(name="Key", secret_url=LICENCE),)
    deps.image_versions.values[version.id] = version
    deps.image_sets.values["5e700000"] = image_things.image_set(tenant_id=TENANT.id, stored_secrets=stored)
    if said:
        await worker.cloud.sim("config", {"scriptOutcomes": [{"step": "runScript", "message": said}]})
    order = contracts.RecipeStepOrder(machine=MACHINE, number=0)
    await worker.finish(await worker.do(contracts.BEGIN_RECIPE_STEP, order))
    outcome = await worker.wait(contracts.READ_RECIPE_STEP, order)
    return outcome, str(await worker.cloud.arm("GET", f"{MACHINE.vm_id}/runCommands/deskwright-recipe-0"))


async def test_a_secret_of_a_recipe_is_where_azure_does_not_return_it(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome, shown = await recipe_step(worker, monkeypatch, "")
    assert isinstance(outcome, Done)
    assert "# step: runScript" in shown
    for secret in ("Licence-47 11", b64encode(b"Licence-47").decode()[:8], '"Secrets"'):
        assert secret not in shown


async def test_what_a_script_says_is_told_without_its_secrets(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a console has broken the line within one."""
    outcome, _ = await recipe_step(worker, monkeypatch, "https://l.example/?key=Licence-\n47 11'\" is refused")
    assert isinstance(outcome, Refused)
    assert outcome.evidence == "https://l.example/?key=*** is refused"


def test_secrets_are_left_out_of_a_text_the_longest_first() -> None:
    assert without(["abcdefgh", "abcdefgh-ij", "(.*)+$[0]"], "abcdefgh-ij abcdefgh (.*)+$[0]") == "*** *** ***"
