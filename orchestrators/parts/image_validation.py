"""The validation of an image: a test machine starts from it, its agent answers, and Windows reports."""

from __future__ import annotations

from collections.abc import Callable

from orchestrators.parts.machines import MachineSpec, create, ensure_removed, remove
from orchestrators.parts.work import NoCapacityError, Work
from shared.contracts.images import BEGIN_VALIDATION, READ_VALIDATION, VALIDATION_POLL, ValidationOrder
from shared.contracts.machines import Machine
from shared.domain.cloud_pcs.build import Warn
from shared.workflow import Steps

NOT_TRIED = "createVm"


def _nothing_more(machine: Machine) -> Steps[None]:
    del machine
    yield from ()


def validate_image(
    work: Work, spec: MachineSpec, prove: Callable[[Machine], Steps[None]] = _nothing_more
) -> Steps[tuple[Warn, ...]]:
    """Validate the image of *spec*, and return what is not as it should be.

    (1) Create the test machine and wait for its agent, (2) run the steps that report, (3) *prove* what else it has to
    do, (4) remove it. Without capacity nothing is proven, which is a warning: the image took an hour. Raises:
    WorkFailedError when the image cannot be used or the machine stays.
    """
    try:
        machine = yield from create(work, spec)  # (1)
    except NoCapacityError as full:
        return (Warn(step=NOT_TRIED, message=f"not tried, for want of capacity: {full.failure.message}"),)
    order = ValidationOrder(machine=machine)
    operation = yield from work.do(BEGIN_VALIDATION, order)  # (2)
    yield from work.finish(machine, operation, VALIDATION_POLL)
    validated = yield from work.wait(READ_VALIDATION, order, VALIDATION_POLL)
    yield from prove(machine)  # (3)
    ensure_removed((yield from remove(work, machine)))  # (4)
    return validated.warnings
