"""The forms of the actions on Cloud PCs: bodies of their routes, and parameters of bulk actions."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from shared.domain.machines.restore_points import TimeRange
from shared.domain.values import Id, Value, one_line


class UserAccountType(StrEnum):
    """Graph: cloudPcUserAccountType."""

    STANDARD_USER = "standardUser"
    ADMINISTRATOR = "administrator"


LONGEST_NAME = 64


def _unsupported(reason: str) -> BeforeValidator:
    """Return the validator of a property of Graph's that is not supported: only null is accepted."""

    def validate(value: object) -> None:
        if value is not None and value != {}:
            message = f"{reason}; leave it out, or write null"
            raise ValueError(message)

    return BeforeValidator(validate)


class Nothing(Value):
    """No parameters."""


class RenameForm(Value):
    """The new name."""

    display_name: Annotated[
        str,
        Field(min_length=1, max_length=LONGEST_NAME),
        AfterValidator(one_line),
        BeforeValidator(lambda text: text.strip() if isinstance(text, str) else text),
    ]


class AccountTypeForm(Value):
    """Account type of the user on the Cloud PC."""

    user_account_type: UserAccountType


class CreateSnapshotForm(Value):
    """Restore points are not exported."""

    storage_account_id: Annotated[None, _unsupported("restore points are not exported")] = None
    access_tier: Annotated[None, _unsupported("restore points are not exported")] = None


class PowerOffForm(Value):
    """Whether the machine is stopped even if somebody is active on it."""

    force: bool = Field(False, description="stop it although somebody is signed in; unsaved work is lost")


class KeepAwakeForm(Value):
    """For how many hours from now a Cloud PC stays on; zero: it is no longer kept awake."""

    hours: int = Field(ge=0, le=72, description="from now, as long as the tenant allows; 0: it is no longer kept awake")


class RestoreForm(Value):
    """The restore point to go back to; retrieveSnapshots() lists them."""

    cloud_pc_snapshot_id: Annotated[Id, Field(min_length=1)]


class BulkRestoreForm(Value):
    """Graph's cloudPcBulkRestore: the restore point nearest to a moment, on one side of it."""

    restore_point_date_time: AwareDatetime
    time_range: TimeRange = TimeRange.BEFORE


class ResizeForm(Value):
    """The service plan of the licence that the Cloud PC is to have."""

    target_service_plan_id: Annotated[Id, Field(min_length=1)]


class TemporarySizeForm(Value):
    """The service plan whose hardware the machine has until a time.

    With the plan that it has for a time already, or none, only the end changes; without an end, that is now.
    """

    target_service_plan_id: Id | None = Field(None, min_length=1, description="its licence is not needed")
    until_date_time: AwareDatetime | None = Field(None, description="the end; left out: the temporary size ends now")


class ReprovisionBody(Value):
    """Account type of the user; left out or null: the policy's."""

    user_account_type: UserAccountType | None = None
    os_version: Literal["windows11"] | None = None


class OwnReprovisionBody(ReprovisionBody):
    """Users have the account that their policy says."""

    user_account_type: Annotated[None, _unsupported("is what the policy says")] = None
