"""Bodies of Graph's actions on Cloud PCs."""

from typing import Literal

from typing_extensions import TypedDict

from triggers.http.json_schema import annotated

AccountType = Literal["standardUser", "administrator"]


@annotated
class ReprovisionBody(TypedDict, total=False):
    """What becomes of the user's account; left out or null: what the policy says."""

    userAccountType: AccountType | None
    osVersion: Literal["windows11"] | None


@annotated
class RenameBody(TypedDict):
    """The new name."""

    displayName: str


@annotated
class AccountTypeBody(TypedDict):
    """What the user becomes on the Cloud PC."""

    userAccountType: AccountType


@annotated
class CreateSnapshotBody(TypedDict, total=False):
    """Restore points are not exported."""

    storageAccountId: None
    accessTier: None


@annotated
class RestoreBody(TypedDict):
    """The restore point."""

    cloudPcSnapshotId: str


@annotated
class ResizeBody(TypedDict):
    """The service plan of the licence that the Cloud PC is to have."""

    targetServicePlanId: str


@annotated
class ValidateBulkResizeBody(TypedDict):
    """The Cloud PCs, and the service plan of the licence that they would have."""

    cloudPcIds: list[str]
    targetServicePlanId: str
