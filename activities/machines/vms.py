"""The VM of a machine in Azure: model and health, and fences against orders that are older than the machine."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from shared.clients.arm import begin, properties
from shared.contracts.calls import ORDERED_AT, is_delayed, is_later, is_overtaken, ordered_of
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, MissingError
from shared.dependencies import dependencies
from shared.domain.values import Value

_READY = "Ready"


@dataclass(frozen=True, slots=True)
class VmHealth:
    """Power state of a VM, in lower case, and status of Azure's agent in Windows; empty if Azure does not report it.

    *changed_at*: when the last operation on it ended. *hibernated*: its memory is on disk.
    """

    power: str
    agent: str
    changed_at: datetime | None = None
    hibernated: bool = False

    @property
    def is_past(self) -> bool:
        """Whether the running order came minutes late, and another operation on the VM has ended since."""
        return is_delayed(dependencies().clock.now()) and is_later(self.changed_at)

    @property
    def agent_is_ready(self) -> bool:
        """Whether the agent reports that it is ready."""
        return self.agent == _READY

    @property
    def answers(self) -> bool:
        """Whether the VM runs and its agent is ready."""
        return self.power == "running" and self.agent_is_ready


async def vm_of(machine: Machine) -> Any:  # noqa: ANN401 - the SDK's
    """Return the VM of a machine. Raises: MissingError."""
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    return await vms.get(machine.resource_group, machine.vm_name)


async def read_vm_health(machine: Machine) -> VmHealth:
    """Return the health of the VM of a machine. Raises: MissingError."""
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    return vm_health(await vms.instance_view(machine.resource_group, machine.vm_name))


def vm_health(view: Any) -> VmHealth:  # noqa: ANN401 - the SDK's instance view
    """Return the health of a VM by its instance view."""
    codes = [str(status.code or "") for status in view.statuses or ()]
    power = next((code.partition("/")[2].lower() for code in codes if code.lower().startswith("powerstate/")), "")
    statuses = (view.vm_agent and view.vm_agent.statuses) or ()
    changed = [
        each.time for each in view.statuses or () if str(each.code or "").lower().startswith("provisioningstate/")
    ]
    agent = next((str(status.display_status or "") for status in statuses), "")
    hibernated = any(code.lower() == "hibernationstate/hibernated" for code in codes)
    return VmHealth(power, agent, next((each for each in changed if each), None), hibernated)


async def begin_vm_update(machine: Machine, changed: dict[str, Any]) -> Accepted:
    """Begin to change properties of the VM; all others stay unchanged."""
    body: Any = {"properties": changed}
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    return await begin(
        lambda hook: vms.begin_update(
            machine.resource_group, machine.vm_name, body, polling=False, raw_response_hook=hook
        ),
        resource_id=machine.vm_id,
    )


_log = logging.getLogger("deskwright")


class OfMachine(Protocol):
    """An order about a machine."""

    @property
    def machine(self) -> Machine:
        """The machine."""


async def compares_each(order: Value) -> None:
    """Accept an order whose activity checks each resource itself, by ``is_newer``, ``made_later`` or ``is_later``.

    Each of them has a case in ``tests/contract/test_activities_comparing_each.py``.
    """
    del order


async def of_machine(machine: Machine) -> str | None:
    """Fence an order to a machine: another VM may have taken its place since."""
    try:
        vm = await vm_of(machine)
    except MissingError:
        return None
    return why_other(machine, vm)


async def of_its_machine(order: OfMachine) -> str | None:
    """Fence an order about a machine: another VM may have taken its place since."""
    return await of_machine(order.machine)


async def if_undated(order: OfMachine) -> str | None:
    """Fence an order without a moment about a machine; with one, the activity compares each resource itself."""
    return await of_machine(order.machine) if ORDERED_AT.get() is None else None


def why_other(machine: Machine, vm: Any) -> str | None:  # noqa: ANN401 - the SDK's
    """Return why *vm* is not the machine of the running order, or None if it is.

    An order of a release that did not say when it was given is for the VM of its computer name.
    """
    if is_later(ordered_of(vm.tags)):
        return f"{machine.vm_name} was made later"
    name = str(properties(vm).get("osProfile", {}).get("computerName") or "")
    if ORDERED_AT.get() is None and name and name.casefold() != machine.computer_name.casefold():
        return f"{machine.vm_name} is {name} now, not {machine.computer_name}"
    return None


async def is_newer(machine: Machine, found: Any) -> bool:  # noqa: ANN401 - the SDK's disk or interface
    """Whether a disk or an interface of *machine*'s names was made after the running order was given."""
    if is_later(ordered_of(found.tags)):
        why: str | None = f"{found.name} was made later"
    else:
        why = await of_machine(machine) if ORDERED_AT.get() is None else None
    if why is not None:
        _log.warning("%s stays: %s", found.name, why)
    return why is not None


def made_later(found: Any) -> bool:  # noqa: ANN401 - a resource of one of the SDKs
    """Whether a resource was made after the running order was given: by its tag, or by Azure's date of creation."""
    if is_later(ordered_of(getattr(found, "tags", None))):
        later = True
    else:
        later = is_overtaken(_made_at(found), dependencies().clock.now())
    if later:
        _log.warning("%s stays: it was made later", found.name)
    return later


def _made_at(found: Any) -> datetime | None:  # noqa: ANN401 - a resource of one of the SDKs
    """Return the date of creation that Azure gives for a resource, or None if it gives no date."""
    inner = properties(found) if isinstance(found, Mapping) else {}  # models of the older SDKs are no mappings
    profile = inner.get("publishingProfile") or {}
    with suppress(ValueError):
        made = datetime.fromisoformat(str(inner.get("timeCreated") or profile.get("publishedDate") or ""))
        return made if made.tzinfo else made.replace(tzinfo=UTC)
    stamped: datetime | None = getattr(getattr(found, "system_data", None), "created_at", None)
    return stamped
