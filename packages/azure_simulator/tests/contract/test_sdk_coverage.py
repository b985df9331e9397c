"""Every operation that the official clients have in our scope has a contract, or a reason for having none."""

import importlib
from pathlib import Path
from typing import Any

import pytest
from azure_simulator.core.requests import Request

from packages.azure_simulator.tests.contract.sdk import CLIENTS, Sdk
from packages.azure_simulator.tests.contract.shared import SharedCloud

pytestmark = pytest.mark.simulator

SCOPE = {
    "compute": (
        *("virtual_machines", "virtual_machine_extensions", "virtual_machine_run_commands", "virtual_machine_images"),
        *("virtual_machine_sizes", "resource_skus", "usage", "disks", "snapshots", "galleries", "gallery_images"),
        *("gallery_image_versions", "capacity_reservation_groups", "capacity_reservations"),
    ),
    "network": (
        *("virtual_networks", "subnets", "network_interfaces", "network_security_groups", "public_ip_addresses"),
        *("nat_gateways", "bastion_hosts", "usages"),
    ),
    "authorization": ("role_assignments", "role_definitions"),
    "desktops": (
        "host_pools",
        "application_groups",
        "workspaces",
        "desktops",
        "session_hosts",
        "user_sessions",
        "scaling_plans",
    ),
}
"""The operation groups that the simulator is for."""

OUTSIDE = ("cloud_service", "virtual_machine_scale_set", "ddos", "edge_zone", "immutability", "vm_scale_set")
"""Words in the names of operations that are out of scope: cloud services, scale sets, DDoS plans, edge zones."""


NOT_SIMULATED = {
    **dict.fromkeys(("compute.disks", "compute.snapshots"), ("begin_grant_access", "begin_revoke_access")),
    "authorization.role_definitions": ("create_or_update", "delete"),
    "compute.virtual_machine_images": ("list_with_properties",),
    "compute.virtual_machine_run_commands": ("get", "list"),
    "compute.virtual_machines": (
        *("begin_assess_patches", "begin_attach_detach_data_disks", "begin_capture", "begin_convert_to_managed_disks"),
        *("begin_install_patches", "begin_perform_maintenance", "retrieve_boot_diagnostics_data"),
    ),
    "network.network_interfaces": ("begin_get_effective_route_table", "begin_list_effective_network_security_groups"),
    "network.subnets": ("begin_prepare_network_policies", "begin_unprepare_network_policies"),
    "network.virtual_networks": ("begin_move_ip_configurations",),
}
"""Operations of these groups that are not simulated: refused like verbs that do not exist."""


def operations() -> set[str]:
    """List the operations of the groups in scope, as a `Blocking` names them."""
    found = set()
    for client, groups in SCOPE.items():
        made = CLIENTS["sync"][client](_Nobody(), "00000000-0000-4000-8000-000000000000")
        for group in groups:
            cls = type(getattr(made, group))
            names = {name for base in cls.__mro__[:-1] for name in vars(base)}
            public = {name for name in names if not name.startswith("_") and callable(getattr(cls, name))}
            found |= {f"{client}.{group}.{name}" for name in public - {"models"}}
        made.close()
    return found


class _Nobody:
    def get_token(self, *_: str, **__: Any) -> Any:
        raise AssertionError("nothing is sent")


def covered() -> set[str]:
    """List the operations that contracts say they cover."""
    found: set[str] = set()
    for path in Path(__file__).parent.glob("test_sdk_*.py"):
        module = importlib.import_module(f"packages.azure_simulator.tests.contract.{path.stem}")
        for each in vars(module).values():
            found |= set(getattr(each, "covers", ()))
    return {name for name in found if name.count(".") > 1}


def outside(name: str) -> bool:
    return any(word in name for word in OUTSIDE)


def test_a_contract_covers_what_exists() -> None:
    assert covered() <= operations()


def test_what_has_no_contract_is_not_simulated(sdk: Sdk, shared_cloud: SharedCloud) -> None:
    # Each of these must be refused as ARM refuses a type or a verb it does not know, never half served.
    without = sorted(name for name in operations() - covered() if not outside(name))
    assert without == sorted(f"{group}.{name}" for group, names in NOT_SIMULATED.items() for name in names)
    vm = f"{sdk.group_id}/providers/Microsoft.Compute/virtualMachines/vm"
    for verb in ("assessPatches", "convertToManagedDisks", "nothing"):
        headers = {
            "host": "cloud",
            "authorization": f"Bearer {shared_cloud.token('https://management.azure.com').token}",
        }
        reply = shared_cloud.cloud.handle(Request("POST", f"{vm}/{verb}", "api-version=2026-04-01", headers))
        assert (reply.status, b"InvalidResourceType" in reply.body) == (404, True)
