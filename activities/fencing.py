"""Fences: they keep an order that is delivered again, late, from what was made since (decision 128)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Protocol

from activities.vms import vm_of
from shared.clients.arm import properties
from shared.contracts.machines import Machine
from shared.contracts.ordered import ORDERED_AT, is_later, is_overtaken, ordered_of
from shared.contracts.refusals import MissingError
from shared.dependencies import dependencies
from shared.domain.values import Value

_log = logging.getLogger("deskwright")


class OfMachine(Protocol):
    """An order about a machine."""

    @property
    def machine(self) -> Machine:
        """The machine."""


async def compares_each(order: Value) -> None:
    """Fence an order whose activity compares each thing that it finds: ``is_newer``, ``made_later``, ``is_later``.

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
    """Fence an order about a machine whose activity compares each thing that it finds, where it has no moment."""
    return await of_machine(order.machine) if ORDERED_AT.get() is None else None


def why_other(machine: Machine, vm: Any) -> str | None:  # noqa: ANN401 - the SDK's
    """Return why *vm* is not the machine of the running order, None: it is.

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
    """Whether a resource was made after the running order was given: by its tag, else by what Azure says of it."""
    if is_later(ordered_of(getattr(found, "tags", None))):
        later = True
    else:
        later = is_overtaken(_made_at(found), dependencies().clock.now())
    if later:
        _log.warning("%s stays: it was made later", found.name)
    return later


def _made_at(found: Any) -> datetime | None:  # noqa: ANN401 - a resource of one of the SDKs
    """Return when a resource was made by Azure's account; None: Azure does not say it of such a resource."""
    inner = properties(found) if isinstance(found, Mapping) else {}  # models of the older SDKs are no mappings
    profile = inner.get("publishingProfile") or {}
    with suppress(ValueError):
        made = datetime.fromisoformat(str(inner.get("timeCreated") or profile.get("publishedDate") or ""))
        return made if made.tzinfo else made.replace(tzinfo=UTC)
    stamped: datetime | None = getattr(getattr(found, "system_data", None), "created_at", None)
    return stamped
