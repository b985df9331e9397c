"""Resuming: which failed attempt the next one continues, with the machine that is there, at the step that failed.

Pure. What is not in the table begins anew, after a clean-up: a machine that was never finished, a join that
broke off half way, an error that puts the machine itself in doubt (docs/decisions/0025).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.domain.cloud_pcs.build import Build, Failure, Resources, Warn
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.steps import Step
from shared.domain.policies.policy import Snapshot
from shared.domain.values import Value

_JOINED = ("computer_name", "vm_id", "region", "joined_at")
_MANAGED = (*_JOINED, "entra_device_id", "managed_device_id")

NEEDS: Mapping[Step, tuple[str, ...]] = MappingProxyType(
    {
        # The machine has joined, and its device is late: in a domain it comes with the next synchronisation.
        Step.JOIN_DIRECTORY: _JOINED,
        # From here on the directory, Intune and the host pool are waited for: a failure says little about the machine.
        Step.ENROLL_IN_INTUNE: (*_JOINED, "entra_device_id"),
        Step.ASSIGN_PRIMARY_USER: _MANAGED,
        Step.ASSIGN_USER: _MANAGED,
        Step.AWAIT_SIGN_IN_RIGHTS: _MANAGED,
    }
)
"""The steps that may be begun again on the existing machine, and the resources that must be known for that."""

MACHINE_IN_DOUBT = frozenset(
    code.lower()
    for code in (
        "VMExtensionProvisioningError",
        "VMExtensionProvisioningTimeout",
        "VMExtensionHandlerNonTransientError",
        "VMExtensionManagementInternalError",
        "VMAgentStatusCommunicationError",
        "OSProvisioningClientError",
        "OSProvisioningInternalError",
        "OSProvisioningTimedOut",
        "VMStartTimedOut",
        "OperationNotAllowed",  # the VM was stopped or generalised
        "InternalExecutionError",
        "machineStopped",
    )
)
"""Azure's codes for a faulty machine, also where the step itself could be begun again."""


class Resumption(Value):
    """An attempt continues with the machine of the one before. *made*: by the steps before; *warnings*: of Windows."""

    step: Step
    made: Resources
    warnings: tuple[Warn, ...] = ()


def resumable(failure: Failure | None, made: Resources, *, resumed_at: Step | None = None) -> Step | None:
    """Return the step at which the next attempt may continue with the resources *made*, None: it begins anew.

    *resumed_at*: where the attempt that failed had been resumed itself. A step that failed twice on one machine is not
    tried there a third time.
    """
    step = failure.step if failure else None
    if failure is None or step is None or step not in NEEDS or step is resumed_at:
        return None
    known = all(getattr(made, name) is not None for name in NEEDS[step])
    return step if known and failure.code.lower() not in MACHINE_IN_DOUBT else None


def resumable_by_hand(pc: CloudPc, snapshot: Snapshot) -> Step | None:
    """Return the step at which a retry of *pc* goes on, None: it begins anew, from *snapshot*.

    What was made must still be there, not cleaned up in part; and it must be built from what *snapshot* says.
    """
    failed = pc.current
    if pc.status is not Status.FAILED or failed.clean_up_at is None or failed.snapshot is None:
        return None
    hours = snapshot.configuration.grace_period_in_hours
    built_alike = failed.snapshot.but(grace_period_in_hours=hours) == snapshot
    return resumable(failed.last_error, failed.resources) if built_alike else None


def resumption(build: Build) -> Resumption | None:
    """Return the resumption of *build* with the machine of the failed attempt, None: it begins anew."""
    if build.resumed_at is None:
        return None
    return Resumption(step=build.resumed_at, made=build.resources, warnings=build.warnings)
