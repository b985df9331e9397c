"""The steps of provisioning: their order, their titles, and their share of the time.

The weights are the median durations in seconds measured on the simulated cloud's `real` profile; they
only feed the percentage and the estimate, never a decision.
"""

from __future__ import annotations

from enum import StrEnum

from shared.domain.networks.connection import JoinType


class Step(StrEnum):
    """One step of provisioning (docs/notes/windows365.md 2.5), or of a later action on the machine."""

    CLEAN_UP = "cleanUp"
    ALLOCATE_CAPACITY = "allocateCapacity"
    CREATE_VM = "createVm"
    JOIN_DIRECTORY = "joinDirectory"
    ENROLL_IN_INTUNE = "enrollInIntune"
    ASSIGN_PRIMARY_USER = "assignPrimaryUser"
    CONFIGURE_WINDOWS = "configureWindows"
    ASSIGN_USER = "assignUser"
    RESTORE = "restore"
    RESIZE = "resize"
    AWAIT_SIGN_IN_RIGHTS = "awaitSignInRights"  # the last: places in this list are in the keys of the timeline


TITLES: dict[Step, str] = {
    Step.CLEAN_UP: "Clean up what is left of the attempt before",
    Step.ALLOCATE_CAPACITY: "Allocate Azure capacity",
    Step.CREATE_VM: "Create the VM and attach it to the network",
    Step.JOIN_DIRECTORY: "Join the directory",
    Step.ENROLL_IN_INTUNE: "Enrol in Intune",
    Step.ASSIGN_PRIMARY_USER: "Assign the primary user",
    Step.CONFIGURE_WINDOWS: "Configure Windows",
    Step.ASSIGN_USER: "Assign the Cloud PC to the user",
    Step.RESTORE: "Go back to a restore point",
    Step.RESIZE: "Change the size",
    Step.AWAIT_SIGN_IN_RIGHTS: "Sign-in rights take effect",
}

ORDER: tuple[Step, ...] = tuple(s for s in Step if s not in {Step.CLEAN_UP, Step.RESTORE, Step.RESIZE})
"""The steps of a build."""

_ENTRA = {
    Step.ALLOCATE_CAPACITY: 3,
    Step.CREATE_VM: 120,
    Step.JOIN_DIRECTORY: 90,
    Step.ENROLL_IN_INTUNE: 180,
    Step.ASSIGN_PRIMARY_USER: 3,
    Step.CONFIGURE_WINDOWS: 45,
    Step.ASSIGN_USER: 120,
    Step.AWAIT_SIGN_IN_RIGHTS: 50,  # what is left of ten minutes since the VM was requested
}
_HYBRID = {**_ENTRA, Step.JOIN_DIRECTORY: 1200, Step.AWAIT_SIGN_IN_RIGHTS: 0}


def weights(join: JoinType) -> dict[Step, int]:
    """Return the usual seconds of each step."""
    return _HYBRID if join is JoinType.HYBRID_AZURE_AD_JOIN else _ENTRA


def percent(step: Step | None, join: JoinType) -> int:
    """Return how much is done when *step* begins, 0 to 99."""
    if step is None or step is Step.CLEAN_UP:
        return 0
    usual = weights(join)
    done = sum(usual[s] for s in ORDER[: ORDER.index(step)])
    return min(99, done * 100 // sum(usual.values()))


def seconds_left(step: Step | None, join: JoinType, spent: float) -> int:
    """Return the estimated seconds until ready, *spent* seconds into *step*; never negative."""
    usual = weights(join)
    if step is None or step is Step.CLEAN_UP:
        return sum(usual.values())
    at = ORDER.index(step)
    return int(max(0.0, usual[step] - spent) + sum(usual[s] for s in ORDER[at + 1 :]))
