"""Joins, run commands and session hosts through azure-mgmt-compute."""

import json
from typing import Any

import pytest

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.contract.azure import Azure, failure
from packages.azure_simulator.tests.contract.running import Running

pytestmark = pytest.mark.simulator

MDM = "0000000a-0000-0000-c000-000000000000"
FOREST = "corp.contoso.example"
UNIT = "OU=CloudPC,DC=corp,DC=contoso,DC=example"
SCRIPT = "# step: hide-power\nSet-X\n# step: grow-partition\nResize-Partition\n"


def entra(mdm: str = MDM) -> dict[str, Any]:
    return {
        "location": REGION,
        "properties": {
            "publisher": "Microsoft.Azure.ActiveDirectory",
            "type": "AADLoginForWindows",
            "typeHandlerVersion": "2.0",
            "autoUpgradeMinorVersion": True,
            "settings": {"mdmId": mdm},
        },
    }


def domain(**changes: str) -> dict[str, Any]:
    settings = {"Name": FOREST, "OUPath": UNIT, "User": "corp\\svc-join", "Restart": "true", "Options": "3"}
    password = changes.pop("Password", "demo-join-password")
    return {
        "location": REGION,
        "properties": {
            "publisher": "Microsoft.Compute",
            "type": "JsonADDomainExtension",
            "typeHandlerVersion": "1.3",
            "settings": {**settings, **changes},
            "protectedSettings": {"Password": password},
        },
    }


async def extend(azure: Azure, name: str, body: Any) -> Any:
    begin = azure.compute.virtual_machine_extensions.begin_create_or_update
    return await (await begin(azure.group, "cpc-1", name, body)).result()


async def run(azure: Azure, script: str, name: str = "setup", **properties: Any) -> Any:
    """Run a managed run command and return its instance view."""
    body = {"location": REGION, "properties": {"source": {"script": script}, **properties}}
    commands = azure.compute.virtual_machine_run_commands
    await (await commands.begin_create_or_update(azure.group, "cpc-1", name, body)).result()
    found = await commands.get_by_virtual_machine(azure.group, "cpc-1", name, expand="instanceView")
    return found.instance_view


async def machine(simulated: Running) -> dict[str, Any]:
    answer = await simulated.call("GET", "/_sim/state?type=Microsoft.Compute/virtualMachines")
    facts: dict[str, Any] = answer.body[0]["facts"]
    return facts


async def test_an_entra_join_makes_a_device(azure: Azure, simulated: Running) -> None:
    await azure.make_vm("cpc-1")
    extension = await extend(azure, "AADLoginForWindows", entra())
    assert extension.provisioning_state == "Succeeded"
    answer = await simulated.graph("/devices?$filter=displayName eq 'CPC-ABC123'")
    assert [each["trustType"] for each in answer.body["value"]] == ["AzureAd"]


async def test_an_entra_join_needs_the_machines_own_identity(azure: Azure) -> None:
    await azure.make_vm("cpc-1", identity="None")
    begin = azure.compute.virtual_machine_extensions.begin_create_or_update
    error = await failure(begin(azure.group, "cpc-1", "AADLoginForWindows", entra()))
    assert (error.status, error.code) == (200, "VMExtensionProvisioningError")
    assert "1007" in error.message


@pytest.mark.parametrize("stop", ["begin_power_off", "begin_deallocate"])
async def test_an_extension_stays_on_a_machine_that_does_not_run(azure: Azure, stop: str) -> None:
    vm = await azure.make_vm("cpc-1")
    await extend(azure, "AADLoginForWindows", entra())
    machines, extensions = azure.compute.virtual_machines, azure.compute.virtual_machine_extensions
    await (await getattr(machines, stop)(azure.group, vm.name)).result()
    error = await failure(extensions.begin_delete(azure.group, vm.name, "AADLoginForWindows"))
    assert (error.status, error.code) == (409, "OperationNotAllowed")
    assert "Cannot modify extensions in the VM when the VM is not running." in error.message
    await (await machines.begin_start(azure.group, vm.name)).result()
    await (await extensions.begin_delete(azure.group, vm.name, "AADLoginForWindows")).result()
    listed = await extensions.list(azure.group, vm.name)
    assert listed.value == []


async def test_an_entra_join_refuses_a_name_that_is_in_use(azure: Azure) -> None:
    subnet = await azure.make_subnet()
    for name in ("cpc-0", "cpc-1"):
        await azure.make_vm(name, (await azure.make_nic(subnet, f"{name}-nic")).id)
    begin = azure.compute.virtual_machine_extensions.begin_create_or_update
    await (await begin(azure.group, "cpc-0", "AADLoginForWindows", entra())).result()
    error = await failure(begin(azure.group, "cpc-1", "AADLoginForWindows", entra()))
    assert "hostnames already exists" in error.message


async def test_a_domain_join_works_and_gives_no_secret_back(azure: Azure, simulated: Running) -> None:
    await azure.make_vm("cpc-1")
    extension = await extend(azure, "joindomain", domain())
    assert (extension.provisioning_state, extension.protected_settings) == ("Succeeded", None)
    answer = await simulated.call("GET", "/_sim/state?view=domains")
    assert answer.body[0]["computers"] == {"cpc-abc123": UNIT}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Password": "wrong"}, "1326"),
        ({"User": "corp\\nobody"}, "1326"),
        ({"Name": "other.example"}, "1355"),
        ({"OUPath": "OU=Nowhere,DC=corp"}, "OUPath"),
    ],
)
async def test_domain_join_failures_are_distinguished(azure: Azure, change: dict[str, str], words: str) -> None:
    await azure.make_vm("cpc-1")
    begin = azure.compute.virtual_machine_extensions.begin_create_or_update
    error = await failure(begin(azure.group, "cpc-1", "joindomain", domain(**change)))
    assert error.code == "VMExtensionProvisioningError"
    assert "Exception(s) occurred while joining Domain" in error.message
    assert words in error.message


async def test_a_failed_extension_blocks_others_until_deleted(azure: Azure) -> None:
    await azure.make_vm("cpc-1")
    extensions = azure.compute.virtual_machine_extensions
    bad = domain(Password="wrong")
    await failure(extensions.begin_create_or_update(azure.group, "cpc-1", "joindomain", bad))
    error = await failure(extensions.begin_create_or_update(azure.group, "cpc-1", "AADLogin", entra()))
    assert (error.status, error.code) == (409, "OperationNotAllowed")
    assert "in failed state" in error.message
    await (await extensions.begin_delete(azure.group, "cpc-1", "joindomain")).result()
    await extend(azure, "AADLogin", entra())


async def test_extensions_need_a_running_machine(azure: Azure) -> None:
    await azure.make_vm("cpc-1")
    await (await azure.compute.virtual_machines.begin_deallocate(azure.group, "cpc-1")).result()
    begin = azure.compute.virtual_machine_extensions.begin_create_or_update
    error = await failure(begin(azure.group, "cpc-1", "AADLogin", entra()))
    assert (error.status, error.code) == (409, "OperationNotAllowed")


async def test_one_extension_per_handler(azure: Azure) -> None:
    await azure.make_vm("cpc-1")
    await extend(azure, "first", entra())
    begin = azure.compute.virtual_machine_extensions.begin_create_or_update
    error = await failure(begin(azure.group, "cpc-1", "second", entra()))
    assert "Multiple VMExtensions per handler" in error.message


async def test_a_script_reports_step_by_step(azure: Azure, simulated: Running) -> None:
    await azure.make_vm("cpc-1", disk_gb=256)
    view = await run(azure, SCRIPT)
    steps = [json.loads(line) for line in view.output.splitlines()]
    assert steps == [
        {"step": "hide-power", "ok": True, "message": ""},
        {"step": "grow-partition", "ok": True, "message": ""},
    ]
    assert (view.execution_state, view.exit_code) == ("Succeeded", 0)
    assert (await machine(simulated))["partitionGb"] == 256


async def test_a_failed_step_fails_the_script_but_not_the_operation(azure: Azure, simulated: Running) -> None:
    outcome = {"vm": "cpc-*", "step": "hide-*", "message": "Access is denied", "attempts": 1}
    await simulated.sim("config", {"scriptOutcomes": [outcome]})
    await azure.make_vm("cpc-1")
    first = await run(azure, SCRIPT)
    assert (first.execution_state, first.exit_code) == ("Failed", 1)
    assert json.loads(first.output.splitlines()[0])["message"] == "Access is denied"
    again = await run(azure, SCRIPT)
    assert again.execution_state == "Failed", "an unchanged command is not run again"
    other = await run(azure, SCRIPT, parameters=[{"name": "AskedAt", "value": "now"}])
    assert other.execution_state == "Succeeded"


ACCOUNT = [{"name": "Domain", "value": FOREST}, {"name": "User", "value": "corp\\svc-join"}]
SECRET = [{"name": "Password", "value": "demo-join-password"}]
LEAVE = "# step: leaveDomain\nRemove-Computer\n"
DISABLE = "# step: disableComputerAccount\n$account.CommitChanges()\n"


@pytest.mark.parametrize("script", [LEAVE, DISABLE], ids=["leave", "disable"])
async def test_a_script_disables_the_account_in_the_domain_and_later_its_device(
    azure: Azure, simulated: Running, script: str
) -> None:
    await azure.make_vm("cpc-1")
    await extend(azure, "joindomain", domain())
    simulated.advance(3_600)
    parameters = [*ACCOUNT, {"name": "ComputerName", "value": "CPC-ABC123"}]
    view = await run(azure, script, parameters=parameters, protectedParameters=SECRET)
    assert view.exit_code == 0, view.output
    (forest,) = (await simulated.call("GET", "/_sim/state?view=domains")).body
    assert forest["disabled"] == ["cpc-abc123"]
    simulated.advance(3_600)
    answer = await simulated.graph("/devices?$filter=displayName eq 'CPC-ABC123'")
    assert [each["accountEnabled"] for each in answer.body["value"]] == [False]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"User": "corp\\nobody"}, "1326"),
        ({"Domain": "other.example"}, "1355"),
        ({}, "not currently joined"),
    ],
    ids=["user", "domain", "not joined"],
)
async def test_a_script_that_cannot_leave_the_domain_says_why(
    azure: Azure, changes: dict[str, str], words: str
) -> None:
    await azure.make_vm("cpc-1")
    values = {each["name"]: each["value"] for each in ACCOUNT} | changes
    parameters = [{"name": name, "value": value} for name, value in values.items()]
    view = await run(azure, LEAVE, parameters=parameters, protectedParameters=SECRET)
    assert words in json.loads(view.output)["message"]


async def test_a_script_that_hangs_times_out(azure: Azure, simulated: Running) -> None:
    await simulated.sim("config", {"scriptOutcomes": [{"step": "grow-*", "timeOut": True}]})
    await azure.make_vm("cpc-1")
    body: Any = {"location": REGION, "properties": {"source": {"script": SCRIPT}, "timeoutInSeconds": 600}}
    commands = azure.compute.virtual_machine_run_commands
    await commands.begin_create_or_update(azure.group, "cpc-1", "setup", body, polling=False)
    simulated.advance(601)
    found = await commands.get_by_virtual_machine(azure.group, "cpc-1", "setup", expand="instanceView")
    assert found.instance_view.execution_state == "TimedOut"
    assert "hide-power" in found.instance_view.output


async def test_the_action_returns_its_output(azure: Azure) -> None:
    await azure.make_vm("cpc-1")
    body: Any = {"commandId": "RunPowerShellScript", "script": SCRIPT.splitlines()}
    poller = await azure.compute.virtual_machines.begin_run_command(azure.group, "cpc-1", body)
    result = await poller.result()
    assert result.value[0].code == "ComponentStatus/StdOut/succeeded"
    assert "hide-power" in result.value[0].message


async def test_no_secret_is_stored_anywhere(azure: Azure, simulated: Running) -> None:
    await azure.make_vm("cpc-1", password="Vm-Secret-1")
    await extend(azure, "joindomain", domain())
    secret = [{"name": "token", "value": "Run-Secret-1"}]
    await run(azure, SCRIPT, protectedParameters=secret)
    everything = ""
    for kind in ("virtualMachines", "virtualMachines/extensions", "virtualMachines/runCommands"):
        answer = await simulated.call("GET", f"/_sim/state?type=Microsoft.Compute/{kind}")
        everything += json.dumps(answer.body)
    for word in ("Vm-Secret-1", "demo-join-password", "Run-Secret-1"):
        assert word not in everything


async def test_the_agent_that_never_reports_times_the_extension_out(azure: Azure, simulated: Running) -> None:
    await simulated.sim("config", {"agents": {"cpc-1": "never"}})
    await azure.make_vm("cpc-1")
    begin = azure.compute.virtual_machine_extensions.begin_create_or_update
    await begin(azure.group, "cpc-1", "AADLogin", entra(), polling=False)
    simulated.advance(91 * 60)
    answer = await simulated.call("GET", "/_sim/operations?status=failed")
    assert [each["error"]["code"] for each in answer.body] == ["VMExtensionProvisioningTimeout"]
