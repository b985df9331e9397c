"""Actions of users on their own Cloud PCs, the same below ``/api/me`` and below the Graph address: bodies, permission.

Each of the two finds the Cloud PC and words the answer in its own way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.contracts.tickets import on_behalf_of
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.cloud_pcs.user_setting import OwnAction
from shared.domain.operations.operation import Operation
from shared.domain.texts import one_line
from shared.domain.values import Id, Value
from shared.services.own_cloud_pcs import allow
from shared.services.rebuilding import UserAccountType
from shared.services.remote import RemoteActionRequest
from triggers.http.bodies.remote_actions import LONGEST_NAME
from triggers.http.call import Call, Response
from triggers.http.idempotency import once


class NameForm(Value):
    """The new name."""

    display_name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(one_line)]


class AccountForm(Value):
    """The account type that the user gets on their Cloud PC."""

    user_account_type: UserAccountType

    @property
    def request(self) -> RemoteActionRequest:
        """The remote action that changes it."""
        administrator = self.user_account_type is UserAccountType.ADMINISTRATOR
        return RemoteActionRequest(Remote.CHANGE_USER_ACCOUNT_TYPE, administrator=administrator)


class RestoreForm(Value):
    """The restore point to go back to."""

    cloud_pc_snapshot_id: Id

    @property
    def request(self) -> RemoteActionRequest:
        """The remote action that goes back to it."""
        return RemoteActionRequest(Remote.RESTORE, restore_point_id=self.cloud_pc_snapshot_id)


async def perform_own(
    call: Call,
    pc: CloudPc,
    action: OwnAction,
    work: Callable[[], Awaitable[Operation]],
    answer: Callable[[Operation], Response],
) -> Response:
    """Do *work* to the caller's own *pc* where their settings allow *action*, once for an Idempotency-Key.

    Raises: ForbiddenError.
    """
    with on_behalf_of(pc.tenant_id):
        await allow(call.deps, call.tenant, call.caller.actor.id, action)

        async def done() -> Response:
            return answer(await work())

        return await once(call, done)


def operation_address(pc: CloudPc, operation: Operation) -> str:
    """Return the address at which the caller reads how far an operation on their Cloud PC is."""
    return f"/api/me/cloudPCs/{pc.id}/operations/{operation.id}"
