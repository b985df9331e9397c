"""The actions on a Cloud PC, one row each: routes, permissions, bulk actions, ``/me`` and both clients derive from it.

``shared.services.actions.catalogue`` has for each row the form, the conditions and the use case. Pure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.cloud_pcs.user_setting import UserSetting
from shared.domain.values import Value

RESOURCE = "cloudPCs"
NOT_ALLOWED = "your organisation does not allow it"


class OwnAction(StrEnum):
    """Actions that users may do with their own Cloud PC, in the order in which they are shown."""

    REBOOT = "reboot"
    RENAME = "rename"
    TROUBLESHOOT = "troubleshoot"
    CHANGE_USER_ACCOUNT_TYPE = "changeUserAccountType"
    RESTORE = "restore"
    REPROVISION = "reprovision"
    START = "start"
    STOP = "stop"
    KEEP_AWAKE = "keepAwake"


class Possibility(Value):
    """Whether an action is possible now. *reason*: why it is not."""

    action: OwnAction
    possible: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Own:
    """An action that users may do with their own Cloud PC. *allows*: whether their settings do; *about*: its route."""

    allows: Callable[[UserSetting], bool]
    about: str


@dataclass(frozen=True, slots=True)
class Action:
    """One action on a Cloud PC.

    *operation*: its name in the OpenAPI document. *about*: the purpose of its route. *destroys*: whether data is lost
    that does not come back; people confirm it then by typing a name. *builds*: whether it builds a machine. *bulk*:
    whether it may be done with many. *disrupts*: the text of the catalogue (``session``) that warns people in their
    session before it; empty where it interrupts nobody. *administrators*: whether operators may not do it. *graph*:
    whether its address is one of Microsoft Graph.
    *segment*: the last part of its address and its permission; left out: its name.
    """

    name: str
    operation: str
    about: str
    destroys: bool = False
    builds: bool = False
    bulk: bool = True
    disrupts: str = ""
    own: Own | None = None
    administrators: bool = False
    graph: bool = True
    segment: str = ""

    @property
    def address(self) -> str:
        """The last part of its address."""
        return self.segment or self.name

    @property
    def permission(self) -> str:
        """The permission that it needs."""
        return f"Microsoft.CloudPC/{RESOURCE}/{self.address}"

    @property
    def own_permission(self) -> str:
        """The permission that it needs on the caller's own Cloud PC."""
        return f"Microsoft.CloudPC/me/{self.address}"

    def own_operation(self, whose: str) -> str:
        """Return the name in the OpenAPI document of its route below one of the addresses of the caller's own."""
        return self.operation.replace("_cloud_pc", f"_{whose}_cloud_pc").replace("_user_", f"_{whose}_")


def _self_service(setting: UserSetting) -> bool:
    return setting.self_service_enabled


_ROWS = (
    Action(
        "rename",
        "rename_cloud_pc",
        "Give a Cloud PC another display name; the computer's name stays.",
        bulk=False,
        own=Own(_self_service, "Give the caller's Cloud PC another display name; the computer's name stays."),
    ),
    Action(
        "retry",
        "retry_cloud_pc",
        "Try a failed Cloud PC again, under the policy that wins now.",
        builds=True,
        graph=False,
    ),
    Action(
        "reprovision",
        "reprovision_cloud_pc",
        "Delete a Cloud PC and make it anew under the policy that wins now; without one, nothing is deleted.",
        destroys=True,
        disrupts="reprovision",
        builds=True,
        own=Own(
            lambda setting: setting.reset_enabled,
            "Reset the caller's Cloud PC: it is removed with all data, and made anew under the policy that wins now.",
        ),
    ),
    Action(
        "endGracePeriod",
        "end_grace_period",
        "End a grace period now: the user is signed out, and the Cloud PC is removed.",
        destroys=True,
        disrupts="removal",
    ),
    Action("extendGrace", "extend_grace", "Let a grace period last longer.", graph=False),
    Action("holdGrace", "hold_grace", "Stop a grace period, or let it continue.", graph=False),
    Action(
        "confirmRemoval",
        "confirm_removal_of_cloud_pc",
        "Confirm a removal that waits: the Cloud PC's grace period begins if the directory still says so.",
        administrators=True,
        graph=False,
    ),
    Action(
        Remote.REBOOT.value,
        "reboot_cloud_pc",
        "Restart a Cloud PC's machine; if it is stopped, start it.",
        disrupts="reboot",
        own=Own(_self_service, "Restart the caller's Cloud PC."),
    ),
    Action(
        Remote.TROUBLESHOOT.value,
        "troubleshoot_cloud_pc",
        "Check all that a Cloud PC needs to work, and repair what is safe; the operation's result has the findings.",
        own=Own(_self_service, "Check all that the caller's Cloud PC needs to work, and repair what is safe."),
    ),
    Action(
        Remote.CHANGE_USER_ACCOUNT_TYPE.value,
        "change_user_account_type",
        "Make the user a local administrator of their Cloud PC, or a standard user again.",
        own=Own(
            lambda setting: setting.local_admin_enabled,
            "Make the caller a local administrator of their Cloud PC, or a standard user again.",
        ),
    ),
    Action(
        Remote.CREATE_SNAPSHOT.value,
        "create_snapshot",
        "Make a restore point of a Cloud PC; of more than ten the oldest goes.",
    ),
    Action(
        Remote.RESTORE.value,
        "restore_cloud_pc",
        "Put the disk of a Cloud PC back to a restore point: changes since then are lost.",
        destroys=True,
        disrupts="restore",
        own=Own(
            lambda setting: setting.restore_point_setting.user_restore_enabled,
            "Put the disk of the caller's Cloud PC back to a restore point: changes since then are lost.",
        ),
    ),
    Action(
        Remote.RESIZE.value,
        "resize_cloud_pc",
        "Give a Cloud PC the hardware of another licence; without that licence it waits for it.",
        disrupts="resize",
    ),
    Action(
        Remote.RESIZE_TEMPORARILY.value,
        "resize_cloud_pc_temporarily",
        "Give a Cloud PC the hardware of a larger service plan until a time; then it goes back once nobody is active.",
        disrupts="resize",
        graph=False,
    ),
    Action(
        Remote.POWER_ON.value,
        "power_on_cloud_pc",
        "Start a Cloud PC's machine, and keep it on for a while whatever its schedule says.",
    ),
    Action(
        Remote.POWER_OFF.value,
        "power_off_cloud_pc",
        "Stop a Cloud PC's machine without cost for computing; an active session refuses it unless it is forced.",
        disrupts="powerOff",
    ),
    Action(
        "start",
        "start_cloud_pc",
        "Start a Cloud PC's machine, as powerOn.",
        bulk=False,
        own=Own(_self_service, "Start the caller's Cloud PC."),
    ),
    Action(
        "stop",
        "stop_cloud_pc",
        "Stop a Cloud PC's machine, as powerOff.",
        bulk=False,
        disrupts="powerOff",
        own=Own(_self_service, "Stop the caller's Cloud PC; signing in starts it again."),
    ),
    Action(
        "keepAwake",
        "keep_cloud_pc_awake",
        "Keep a Cloud PC on for some hours, whatever its schedule says and nobody uses; no hours: no longer.",
        graph=False,
        own=Own(_self_service, "Keep the caller's Cloud PC on for some hours; no hours: no longer."),
    ),
    Action(
        "overridePowerSchedule",
        "override_power_schedule",
        "Give a Cloud PC another power schedule, or single rules, until a time; nothing: its policy's again.",
        bulk=False,
        graph=False,
    ),
    Action(
        "moveToPolicy",
        "move_cloud_pc_to_policy",
        "Move a Cloud PC to another policy that targets its user: the new machine is built first.",
        destroys=True,
        disrupts="replace",
        builds=True,
        graph=False,
    ),
    Action(
        "undelete",
        "undelete_cloud_pc",
        "Build a Cloud PC from the kept disk of the one that its user had: the new machine is built first.",
        destroys=True,
        builds=True,
        bulk=False,
        graph=False,
    ),
    Action(
        "handOver",
        "hand_over_cloud_pc",
        "Build a Cloud PC from the kept disk of another user's of the same policy and plan; their data is on it.",
        destroys=True,
        builds=True,
        bulk=False,
        administrators=True,
        graph=False,
    ),
    Action(
        "rerunStep",
        "rerun_step",
        "Run a post-provisioning step again that has left a warning; without warnings the status is provisioned.",
        graph=False,
    ),
    Action(
        "applySettings",
        "apply_settings",
        "Bring changed settings of its policy to a Cloud PC without a rebuild: administrator, redirections, scripts.",
        graph=False,
    ),
    Action(
        "reprovisionBuildFirst",
        "reprovision_with_options",
        "Make a Cloud PC anew: with buildFirst the user keeps their machine until another has taken its place.",
        destroys=True,
        disrupts="replace",
        builds=True,
        bulk=False,
        graph=False,
        segment="reprovision",
    ),
)
ACTIONS: Mapping[str, Action] = MappingProxyType({row.name: row for row in _ROWS})
BUILDS = frozenset(row.name for row in _ROWS if row.builds)
"""Names of the actions that build a machine."""


def allows(setting: UserSetting | None, action: OwnAction) -> bool:
    """Return whether the settings of a user allow *action*."""
    own = ACTIONS[action].own
    return setting is not None and own is not None and own.allows(setting)
