"""Bodies of Graph's actions on Cloud PCs."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from shared.domain.values import Id
from triggers.http.json_schema import annotated

LONGEST_NAME = 64
MOST_VALIDATED = 2000  # Graph: cloudPC validateBulkResize

AccountType = Literal["standardUser", "administrator"]


@annotated
class ReprovisionBody(TypedDict, total=False):
    """Account type of the user; left out or null: the policy's."""

    userAccountType: AccountType | None
    osVersion: Literal["windows11"] | None


@annotated
class OwnReprovisionBody(TypedDict, total=False):
    """Users have the account that their policy says."""

    userAccountType: None
    osVersion: Literal["windows11"] | None


@annotated
class RenameBody(TypedDict):
    """The new name."""

    displayName: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


@annotated
class AccountTypeBody(TypedDict):
    """Account type of the user on the Cloud PC."""

    userAccountType: AccountType


@annotated
class CreateSnapshotBody(TypedDict, total=False):
    """Restore points are not exported."""

    storageAccountId: None
    accessTier: None


@annotated
class RestoreBody(TypedDict):
    """The restore point."""

    cloudPcSnapshotId: Id


@annotated
class ResizeBody(TypedDict):
    """The service plan of the licence that the Cloud PC is to have."""

    targetServicePlanId: Id


@annotated
class ValidateBulkResizeBody(TypedDict):
    """The Cloud PCs, and the service plan of the licence that they would have."""

    cloudPcIds: Annotated[list[Id], Field(min_length=1, max_length=MOST_VALIDATED)]
    targetServicePlanId: Id
