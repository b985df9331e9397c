"""The tables are gone, and what the host remembered with them: last night's export brings the service back."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.blob import ContainerClient

from local.options import APP
from local.stack import Stack
from shared.domain.exporting import CONTAINER
from tests.e2e.conftest import MORNING, StartStack
from tests.e2e.management import fire
from tests.e2e.office import MEDIUM, SELDOM, Office
from tests.e2e.queues import Minted

pytestmark = [pytest.mark.e2e, pytest.mark.long]

DAY = MORNING.date().isoformat()


def service(stack: Stack) -> TableServiceClient:
    bundle = str(stack.certificates.bundle)
    return TableServiceClient(stack.addresses.tables, credential=Minted(stack), connection_verify=bundle)


def records(stack: Stack, table: str = "cloudpcs") -> dict[str, tuple[Any, dict[str, Any]]]:
    """The rows of a table with their ETags."""
    with service(stack) as tables:
        rows = list(tables.get_table_client(table).list_entities())
    return {f"{row['PartitionKey']}/{row['RowKey']}": (row.metadata["etag"], dict(row)) for row in rows}


def without_list(rows: dict[str, Any]) -> dict[str, Any]:
    """Return the rows of records, without the rows of the list that is kept beside them."""
    return {key: row for key, row in rows.items() if not key.partition("/")[2].startswith("~")}


def operator(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the operator's command, signed in as the machine's identity."""
    command = [sys.executable, "-m", "shared.restore", "--blobs-url", stack.addresses.blobs, *words]
    return subprocess.run(command, cwd=APP, env=stack.environment(), capture_output=True, text=True, check=False)


def export(office: Office) -> None:
    """Export the tables as they are now: a timer may have exported them already, and each day is exported once."""
    bundle = str(office.stack.certificates.bundle)
    with (
        ContainerClient(
            office.stack.addresses.blobs, CONTAINER, credential=Minted(office.stack), connection_verify=bundle
        ) as container,
        suppress(ResourceNotFoundError),
    ):
        for each in list(container.list_blob_names(name_starts_with=DAY)):
            container.delete_blob(each)
    fire(office.stack, "export_the_tables")
    office.until(lambda: f"{DAY}: " in operator(office.stack).stdout, says="the export is whole")


def lose_everything(stack: Stack) -> None:
    """Lose all tables and all that the host knows of running workflows."""
    stack.host.kill()
    with service(stack) as tables:
        for table in list(tables.list_tables()):
            tables.delete_table(table.name)
    for left in stack.folder.glob("host.db*"):  # another host has it in the tables
        left.unlink()


def vm_ids(office: Office) -> dict[str, str]:
    """Azure's own ids of the machines, by name: a machine that is built again has another one."""
    return {each["id"].rpartition("/")[2]: str(each["body"]["properties"]["vmId"]) for each in office.machines()}


def facts(pc: dict[str, Any]) -> list[Any]:
    """Properties of a Cloud PC that stay the same with its machine."""
    names = (
        "id",
        "managedDeviceName",
        "managedDeviceId",
        "aadDeviceId",
        "userPrincipalName",
        "status",
        "servicePlanId",
    )
    return [pc[name] for name in names]


def restore_and_compare(office: Office) -> None:
    """Lose everything, restore the export of today, and wait until the records are compared with what is there."""
    stack = office.stack
    lose_everything(stack)
    restored = operator(stack, "--tables-url", stack.addresses.tables, DAY)
    assert (restored.returncode, restored.stderr) == (0, "")
    stack.start_host()

    def paused() -> Any:
        return office.portal.ask("GET", office.base).body.get("paused")

    assert "restored" in paused()["reason"]
    office.until(lambda: not paused(), says="it is compared", look=SELDOM)


@pytest.mark.timeout(900)
def test_after_a_restore_what_is_there_is_adopted_and_what_is_not_there_ends(start_stack: StartStack) -> None:
    stack = start_stack(users=1)
    office = Office(stack, stack.portal(), "older").open({"cleanUpDelayInHours": 1})
    ada, bob, eve, zoe = (office.user(number, MEDIUM) for number in (1, 2, 3, 4))
    staff = office.group("staff", ada, bob, zoe)
    office.policy("Everyone", office.connection(), staff, gracePeriodInHours=200)
    before = {each: office.settled(each) for each in (ada, bob, zoe)}
    office.leave(staff, bob)
    office.tell_changed(bob)
    office.reaches(bob, "inGracePeriod")
    export(office)

    # What happens after the export: one is built anew, one is removed, one is hired.
    office.act(before[ada], "reprovision")
    rebuilt = office.settled(ada)
    office.act(office.cloud_pc_of(bob), "endGracePeriod")
    office.until(lambda: len(office.machines()) == len((ada, zoe)), says="bob's machine is removed", look=SELDOM)
    office.join(staff, eve)
    office.tell_changed(eve)
    hired = office.settled(eve)
    there = vm_ids(office)

    restore_and_compare(office)
    assert [facts(office.settled(each)) for each in (ada, eve, zoe)] == [*map(facts, (rebuilt, hired, before[zoe]))]
    office.until(
        lambda: [pc["status"] for pc in office.cloud_pcs_of(bob)] in ([], ["notProvisioned"]),
        says="what is not there ends",
        look=SELDOM,
    )
    office.finish(office.portal.ask("POST", f"{office.base}/orphans/scan"))
    assert office.portal.ask("GET", f"{office.base}/orphans").body["value"] == []
    # Nobody's machine was built again, and the next build of an adopted one repeats no name.
    assert vm_ids(office) == there
    office.act(office.cloud_pc_of(ada), "reprovision")
    again = office.settled(ada)
    assert again["status"] == "provisioned"
    assert again["managedDeviceName"] not in {before[ada]["managedDeviceName"], rebuilt["managedDeviceName"]}
    assert office.invariants() == []


@pytest.mark.timeout(900)
def test_after_a_restore_the_service_goes_on(start_stack: StartStack) -> None:
    stack = start_stack(users=1)
    office = Office(stack, stack.portal(), "lost").open()
    ada, bob, eve = (office.user(number, MEDIUM) for number in (1, 2, 3))
    staff = office.group("staff", ada)
    policy = office.policy("Everyone", office.connection(), staff)
    done = office.settled(ada)
    assert done["status"] == "provisioned"
    office.break_cloud("vm.create", {"kind": "delay", "add": 1_200}, max_hits=1)
    office.join(staff, bob)
    office.tell_changed()
    building = office.reaches(bob, "provisioning")
    office.until(lambda: len(office.machines()) == 2, says="the second machine is being made")

    export(office)
    before = records(stack)
    assert operator(stack, "--tables-url", stack.addresses.tables, DAY).returncode == 1  # there are rows
    lose_everything(stack)
    restored = operator(stack, "--tables-url", stack.addresses.tables, DAY)
    assert (restored.returncode, restored.stderr) == (0, "")
    assert records(stack)[f"lost/{done['id']}"][1] == before[f"lost/{done['id']}"][1]
    stack.start_host()

    # The build that nobody remembered is taken up again, with the machine that was there.
    assert office.reaches(bob, "provisioned")["id"] == building["id"]
    assert len(office.machines()) == 2
    # A reconcile of all that was restored writes nothing: the list beside the records is folded by whoever reads it.
    settled = without_list(records(stack))
    office.finish(office.assign(policy, staff))
    assert without_list(records(stack)) == settled
    # And whoever comes next is served.
    office.join(staff, eve)
    office.tell_changed()
    assert office.settled(eve)["status"] == "provisioned"
    assert office.invariants() == []
