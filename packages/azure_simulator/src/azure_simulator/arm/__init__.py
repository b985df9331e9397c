"""Azure Resource Manager: compute, network, authorization, resources.

Events other rooms may listen to, always at the moment they become true:

* `entra_joined(vm_id, computer_name, mdm: bool, vm_uuid)` · AADLoginForWindows succeeded
* `domain_joined(vm_id, computer_name, domain, ou)` · JsonADDomainExtension succeeded
* `session_host_registered(vm_id, computer_name, vm_uuid, host_pool, token, joined)` · DSC
  AddSessionHost or the agent's installer succeeded; `token` is a seal (compare with the protector)
* `vm_power(vm_id, state)` · running, stopped, deallocated
* `vm_deleted(vm_id, computer_name)`

Questions arm asks of other rooms: an event with a mutable `answers` list to append to:

* `ask_entra_name(computer_name, vm_id, answers)` · append a message when the name is taken
* `ask_principal(principal_id, answers, as_of_us)` · append True when the directory knew the principal
  at a moment
* `ask_registration(host_pool, token, answers)` · append a message when the token is not valid

Arm listens to `domain_seeded(domain, ous, accounts)`, accounts as `[{"name", "password"}]` (clear or
sealed): the on-premises directory that domain joins are checked against. The seed key `domains`
does the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud

EVENTS = (
    "entra_joined",
    "domain_joined",
    "session_host_registered",
    "vm_power",
    "vm_deleted",
    "ask_entra_name",
    "ask_principal",
    "ask_registration",
)


def install(cloud: Cloud) -> None:
    """Serve Azure Resource Manager."""
    from azure_simulator.arm.setup import install as install_all

    install_all(cloud)
