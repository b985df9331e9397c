"""Azure Resource Manager: the common part of all resource providers.

`resource_types` declares a type, `operations` its verbs, `plain_resources` answers those of a plain one; `serve`
plugs them into a cloud. `plane` checks every request by the declaration: api-version (`api_versions`), group,
name, location (`preconditions`), body (`body_models`, `body_validation`), ids (`references`), policies (`policies`),
locks (`locks`).

Events other services may listen to, always at the moment they become true:

* `entra_joined(vm_id, computer_name, mdm: bool, vm_uuid)`: AADLoginForWindows succeeded
* `domain_joined(vm_id, computer_name, domain, ou)`: JsonADDomainExtension succeeded
* `session_host_registered(vm_id, computer_name, vm_uuid, host_pool, token, joined)`: DSC
  AddSessionHost or the agent's installer succeeded; `token` is hashed (compare with the protector)
* `vm_power(vm_id, state, abrupt, hibernated)`: running, stopped, deallocated; `abrupt` when Windows did not shut down
* `vm_policies(vm_id)`: a script has set something in Windows
* `vm_deleted(vm_id, computer_name)`

Questions to other services: an event with a mutable `answers` list to append to:

* `ask_entra_name(computer_name, vm_id, answers)`: append a message when the name is taken
* `ask_principal(principal_id, answers, as_of_us)`: append True when the directory knew the principal
  at a moment
* `ask_groups(principal_id, answers)`: append the ids of the groups that a principal is in, directly or not
* `ask_allowed(principal_id, action, scope, answers)`, `ask_reach(principal_id, scope, answers)`: append whether role
  assignments allow an action at a scope, or whether there are any that let a principal see it
* `ask_registration(host_pool, token, answers)`: append a message when the token is not valid

Compute listens to `domain_seeded(domain, ous, accounts)`, accounts as `[{"name", "password"}]` (clear or
hashed): the on-premises directory that domain joins are checked against. The seed key `domains`
does the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import (
    locks,
    managed_identities,
    policies,
    provider_registrations,
    resource_groups,
    resource_lists,
)
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plane import ArmPlane
from azure_simulator.arm.registry import STATE

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.routing import Routes
    from azure_simulator.core.settings import Shape

EVENTS = (
    "entra_joined",
    "domain_joined",
    "session_host_registered",
    "vm_power",
    "vm_policies",
    "vm_deleted",
    "ask_entra_name",
    "ask_principal",
    "ask_groups",
    "ask_allowed",
    "ask_reach",
    "ask_registration",
)

SETTINGS: dict[str, tuple[Shape, str]] = {
    "pageSize": (int, "resources in a page of a list (500)"),
    "apiVersions": ({"*": [str]}, "more api-versions by resource type or namespace"),
    "unregisteredProviders": ([str], "providers that have to be registered first"),
    "tenantId": (str, "the tenant of managed identities"),
}


def install(cloud: Cloud) -> None:
    """Serve the resource manager itself: resource groups, locks, provider registrations."""
    plane = ArmPlane()
    cloud.plane(plane)
    cloud.state(STATE, lambda: plane.types)
    cloud.state("identities", dict)
    cloud.state("providers", dict)
    cloud.state("actions", lambda: provider_registrations.Actions(cloud.router.routes))
    cloud.latencies(managed_identities.LATENCIES | provider_registrations.LATENCIES)
    for name, (shape, about) in SETTINGS.items():
        cloud.setting(name, shape, about)
    own = (resource_groups.OPERATIONS, resource_lists.ROUTES, provider_registrations.ROUTES, locks.OPERATIONS)
    serve(cloud, *own, *policies.OPERATIONS)


def serve(cloud: Cloud, *routes: Routes) -> None:
    """Serve operations, and the declarations of their resource types: durations, settings, state.

    Raises `TypeError` when the resource manager is not installed, `ValueError` for a type that is declared twice.
    """
    plane = cloud.planes["arm"]
    if not isinstance(plane, ArmPlane):
        raise TypeError("the plane of ARM is another one")
    for each in routes:
        cloud.add(each)
        if not isinstance(each, Operations):
            continue
        if plane.types.add(each):
            cloud.add(provider_registrations.actions_of(each.type.provider.namespace))
        cloud.latencies(dict(each.type.latencies))
        for name, (shape, about) in each.type.settings.items():
            cloud.setting(name, shape, about)
        for name, make in each.type.state.items():
            cloud.state(name, make)
