"""The actions on session hosts, Spot Groups and image versions, one row each: permissions and both clients read them.

Pure. A row: its name, as its address ends; the last part of its permission; whether it destroys.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Self


class SpotAction(StrEnum):
    """An action on something of a Spot Group. *destroys*: whether data is lost that does not come back.

    Administrators may do it; operators too where ``administrators`` is False.
    """

    verb: str
    destroys: bool

    def __new__(cls, name: str, verb: str = "", destroys: bool = False) -> Self:  # noqa: FBT001, FBT002 - a column
        """Return the member of a row."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.verb, member.destroys = verb or name, destroys
        return member

    @property
    def resource(self) -> str:
        """The resource, as its permissions name it."""
        raise NotImplementedError

    @property
    def administrators(self) -> bool:
        """Whether only administrators may do it."""
        return True

    @property
    def permission(self) -> str:
        """The permission that it needs."""
        return f"Microsoft.CloudPC/{self.resource}/{self.verb}"

    @property
    def extension(self) -> dict[str, Any]:
        """The facts of it in the OpenAPI document."""
        return {"resource": self.resource, "name": self.value, "destroys": self.destroys}


class HostAction(SpotAction):
    """Actions on a session host."""

    DRAIN = "drain"
    UNDRAIN = "undrain", "drain"
    EXCLUDE = "exclude"
    INCLUDE = "include", "exclude"
    RESTART = "restart"
    REMOVE = "remove", "remove", True

    @property
    def resource(self) -> str:
        """The resource, as its permissions name it."""
        return "sessionHosts"

    @property
    def administrators(self) -> bool:
        """Operators may do it, too."""
        return False


class GroupAction(SpotAction):
    """Actions on a Spot Group and its release."""

    DELETE = "delete", "delete", True
    CONFIRM_REMOVALS = "confirmRemovals"
    PAUSE = "pause"
    RESUME = "resume"
    PAUSE_RELEASE = "release/pause", "release"
    RESUME_RELEASE = "release/resume", "release"
    CANCEL_RELEASE = "release/cancel", "release"

    @property
    def resource(self) -> str:
        """The resource, as its permissions name it."""
        return "spotGroups"


class VersionVerb(SpotAction):
    """Actions on an image version."""

    CONNECT = "connect"
    DISCONNECT = "disconnect"
    REBOOT = "reboot"
    SEAL = "seal", "seal", True
    DELETE = "delete", "delete", True

    @property
    def resource(self) -> str:
        """The resource, as its permissions name it."""
        return "imageVersions"


SPOT_ACTIONS: tuple[SpotAction, ...] = (*GroupAction, *HostAction, *VersionVerb)
"""All of them."""
