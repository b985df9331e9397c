"""Machines, their extensions and run commands, and their disks and images: sync and aio alike."""

from typing import Any

import pytest
from azure.core import MatchConditions

from packages.azure_simulator.tests.bodies import REGION, TAGS, vm_body
from packages.azure_simulator.tests.contract.sdk import Sdk, covers, refused

_VM = "compute.virtual_machines"
_EXTENSION = "compute.virtual_machine_extensions"
_COMMAND = "compute.virtual_machine_run_commands"
_IMAGES = "compute.virtual_machine_images"
PLACE = (REGION, "MicrosoftWindowsDesktop")
OFFER = "windows-ent-cpc"


@covers(f"{_VM}.begin_create_or_update", f"{_VM}.get", f"{_VM}.instance_view", f"{_VM}.list", f"{_VM}.list_all")
def test_a_machine_is_made_shown_and_listed(sdk: Sdk) -> None:
    made, vms = sdk.vm(), sdk.compute.virtual_machines
    shown = vms.get(sdk.group, "CPC-1", expand="instanceView")
    assert (shown.vm_id, shown.name, shown.etag) == (made.vm_id, "cpc-1", made.etag)
    assert shown.instance_view.statuses[-1].code == "PowerState/running"
    assert vms.instance_view(sdk.group, "cpc-1").vm_agent.statuses[0].display_status == "Ready"
    assert [vm.name for vm in vms.list(sdk.group)] == ["cpc-1"]
    assert made.id.lower() in [vm.id.lower() for vm in vms.list_all()]


@covers(f"{_VM}.begin_create_or_update", f"{_VM}.begin_update")
def test_what_was_read_can_be_written_back(sdk: Sdk) -> None:
    made, vms = sdk.vm(), sdk.compute.virtual_machines
    again = vms.begin_create_or_update(sdk.group, "cpc-1", vms.get(sdk.group, "cpc-1")).result()
    assert again.vm_id == made.vm_id
    changed = vms.begin_update(sdk.group, "cpc-1", {"tags": {**TAGS, "more": "x"}}).result()
    assert changed.tags["more"] == "x"


@covers(f"{_VM}.begin_update")
def test_a_stale_etag_is_refused_and_the_current_one_accepted(sdk: Sdk) -> None:
    stale, vms = sdk.vm().etag, sdk.compute.virtual_machines
    fresh = vms.begin_update(sdk.group, "cpc-1", {"tags": {**TAGS, "a": "b"}}).result().etag
    if_same: Any = {"match_condition": MatchConditions.IfNotModified}
    error = refused(lambda: vms.begin_update(sdk.group, "cpc-1", {"tags": TAGS}, etag=stale, **if_same))
    assert (error.status, error.code) == (412, "PreconditionFailed")
    vms.begin_update(sdk.group, "cpc-1", {"tags": TAGS}, etag=fresh, **if_same).result()


@covers(
    *(f"{_VM}.{verb}" for verb in ("begin_power_off", "begin_start", "begin_restart", "begin_deallocate", "generalize"))
)
def test_power_follows_its_verbs(sdk: Sdk) -> None:
    sdk.vm()
    vms = sdk.compute.virtual_machines
    for verb, state in (
        ("power_off", "stopped"),
        ("start", "running"),
        ("restart", "running"),
        ("deallocate", "deallocated"),
    ):
        assert getattr(vms, f"begin_{verb}")(sdk.group, "cpc-1").result() is None
        assert vms.instance_view(sdk.group, "cpc-1").statuses[-1].code == f"PowerState/{state}"
    assert vms.generalize(sdk.group, "cpc-1") is None
    error = refused(lambda: vms.begin_start(sdk.group, "cpc-1"))
    assert (error.status, error.code) == (409, "OperationNotAllowed")


@covers(*(f"{_VM}.begin_{verb}" for verb in ("redeploy", "reapply", "reimage")), f"{_VM}.list_by_location")
def test_a_machine_is_mended(sdk: Sdk) -> None:
    made, vms = sdk.vm(), sdk.compute.virtual_machines
    assert vms.begin_redeploy(sdk.group, "cpc-1").result() is None
    assert vms.begin_reapply(sdk.group, "cpc-1").result() is None
    assert vms.begin_reimage(sdk.group, "cpc-1").result() is None
    assert made.id.lower() in [vm.id.lower() for vm in vms.list_by_location(REGION)]


@covers(f"{_VM}.begin_delete", f"{_VM}.list_available_sizes", "compute.virtual_machine_sizes.list")
def test_a_machine_is_offered_sizes_and_deleted_twice(sdk: Sdk) -> None:
    sdk.vm()
    vms = sdk.compute.virtual_machines
    offered = {size.name for size in vms.list_available_sizes(sdk.group, "cpc-1")}
    assert "Standard_D4s_v5" in offered & {size.name for size in sdk.compute.virtual_machine_sizes.list(REGION)}
    vms.begin_delete(sdk.group, "cpc-1", force_deletion=True).result()
    assert vms.begin_delete(sdk.group, "cpc-1").result() is None
    assert refused(lambda: vms.get(sdk.group, "cpc-1")).code == "ResourceNotFound"


def _entra_join() -> dict[str, Any]:
    kind = {"publisher": "Microsoft.Azure.ActiveDirectory", "type": "AADLoginForWindows", "typeHandlerVersion": "2.0"}
    return {"location": REGION, "properties": {**kind, "autoUpgradeMinorVersion": True}}


@covers(*(f"{_EXTENSION}.{verb}" for verb in ("begin_create_or_update", "begin_update", "get", "list", "begin_delete")))
def test_an_extension_joins_and_is_removed(sdk: Sdk) -> None:
    sdk.vm()
    extensions = sdk.compute.virtual_machine_extensions
    made = extensions.begin_create_or_update(sdk.group, "cpc-1", "join", _entra_join()).result()
    assert made.provisioning_state == "Succeeded"
    extensions.begin_update(sdk.group, "cpc-1", "join", {"tags": {"a": "b"}}).result()
    shown = extensions.get(sdk.group, "cpc-1", "join", expand="instanceView")
    assert shown.tags == {"a": "b"}
    assert shown.instance_view.statuses[0].code == "ProvisioningState/succeeded"
    assert [each.name for each in extensions.list(sdk.group, "cpc-1").value] == ["join"]
    extensions.begin_delete(sdk.group, "cpc-1", "join").result()
    assert refused(lambda: extensions.get(sdk.group, "cpc-1", "join")).status == 404


@covers(
    f"{_VM}.begin_run_command",
    *(f"{_COMMAND}.{verb}" for verb in ("begin_create_or_update", "get_by_virtual_machine", "list_by_virtual_machine")),
    f"{_COMMAND}.begin_update",
    f"{_COMMAND}.begin_delete",
)
def test_scripts_run_as_an_action_and_as_a_resource(sdk: Sdk) -> None:
    sdk.vm()
    script = "# step: one\nWrite-Output 'x'"
    action = {"commandId": "RunPowerShellScript", "script": [script]}
    done = sdk.compute.virtual_machines.begin_run_command(sdk.group, "cpc-1", action).result()
    assert done.value[0].code == "ComponentStatus/StdOut/succeeded"
    commands = sdk.compute.virtual_machine_run_commands
    secret = [{"name": "token", "value": "n0t-for-anybody"}]
    properties = {"source": {"script": script}, "protectedParameters": secret, "timeoutInSeconds": 600}
    body: Any = {"location": REGION, "properties": properties}
    commands.begin_create_or_update(sdk.group, "cpc-1", "steps", body).result()
    shown = commands.get_by_virtual_machine(sdk.group, "cpc-1", "steps", expand="instanceView")
    assert (shown.instance_view.exit_code, shown.protected_parameters) == (0, None)
    again = commands.begin_update(sdk.group, "cpc-1", "steps", {"properties": {"timeoutInSeconds": 60}}).result()
    assert (again.timeout_in_seconds, again.source.script) == (60, script)
    assert [each.name for each in commands.list_by_virtual_machine(sdk.group, "cpc-1")] == ["steps"]
    commands.begin_delete(sdk.group, "cpc-1", "steps").result()


@covers(*(f"{_IMAGES}.{verb}" for verb in ("list_publishers", "list_offers", "list_skus", "list", "get")))
def test_the_marketplace_is_walked(sdk: Sdk) -> None:
    images = sdk.compute.virtual_machine_images
    assert PLACE[1] in [each.name for each in images.list_publishers(REGION)]
    assert OFFER in [each.name for each in images.list_offers(*PLACE)]
    sku = images.list_skus(*PLACE, OFFER)[-2].name
    newest = images.list(*PLACE, OFFER, sku, top=1, orderby="name desc")
    assert images.get(*PLACE, OFFER, sku, newest[0].name).hyper_v_generation == "V2"


@covers("compute.resource_skus.list", "compute.usage.list")
def test_sizes_and_usages_are_listed(sdk: Sdk) -> None:
    sizes = [s for s in sdk.compute.resource_skus.list(filter=f"location eq '{REGION}'") if s.name == "Standard_D2s_v5"]
    assert sizes[0].family == "standardDSv5Family"
    usages = {each.name.value: each for each in sdk.compute.usage.list(REGION)}
    assert usages["cores"].current_value <= usages["cores"].limit


@pytest.mark.parametrize(
    ("change", "code", "target"),
    [
        ({"hardwareProfile": {"vmSize": "Standard_Nothing"}}, "InvalidParameter", "vmSize"),
        ({"nothing": 1}, "BadRequest", "properties.nothing"),
        ({"licenseType": 7}, "BadRequest", "properties.licenseType"),
        ({"priority": "Sometimes"}, "BadRequest", "properties.priority"),
        ({"storageProfile": {"osDisk": {}}}, "InvalidParameter", "storageProfile.osDisk.createOption"),
    ],
)
def test_a_wrong_machine_is_refused_naming_the_member(sdk: Sdk, change: Any, code: str, target: str) -> None:
    body = vm_body(sdk.nic().id)
    body["properties"].update(change)
    answer = sdk.send("PUT", f"{sdk.group_id}/providers/Microsoft.Compute/virtualMachines/cpc-1", body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["target"]) == (400, code, target)
