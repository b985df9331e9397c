"""Progress of work on a session host: the steps of a build and of a removal, in their order, and the changes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from shared.domain.spot.host import HostTask


class HostStep(StrEnum):
    """One step."""

    CLEAN_UP = "cleanUp"
    ALLOCATE_CAPACITY = "allocateCapacity"
    CREATE_VM = "createVm"
    JOIN_DIRECTORY = "joinDirectory"
    ENROLL_IN_INTUNE = "enrollInIntune"
    CONFIGURE_WINDOWS = "configureWindows"
    REGISTER = "register"
    PROVE = "prove"
    SIGN_OFF = "signOff"
    REMOVE = "remove"


TITLES: Mapping[HostStep, str] = MappingProxyType(
    {
        HostStep.CLEAN_UP: "Remove what an earlier attempt has left",
        HostStep.ALLOCATE_CAPACITY: "Allocate capacity",
        HostStep.CREATE_VM: "Create the VM",
        HostStep.JOIN_DIRECTORY: "Join the directory",
        HostStep.ENROLL_IN_INTUNE: "Enrol in Intune",
        HostStep.CONFIGURE_WINDOWS: "Configure Windows",
        HostStep.REGISTER: "Register in the host pool",
        HostStep.PROVE: "Wait until the agent serves",
        HostStep.SIGN_OFF: "Sign off who works on it",
        HostStep.REMOVE: "Remove everything that was made for it",
    }
)

CHANGE_TITLES: Mapping[HostTask, str] = MappingProxyType(
    {
        HostTask.START: "Start the host",
        HostTask.STOP: "Stop the host",
        HostTask.HIBERNATE: "Hibernate the host",
        HostTask.RESTART: "Restart the host",
        HostTask.SIGN_OFF: "Sign off who works on it",
        HostTask.CONFIGURE: "Bring Windows to the group's settings",
    }
)
"""The tasks that have no steps."""
