"""One remote action as it goes: its steps are told, and whatever is refused or too late ends it in one place."""

from __future__ import annotations

from typing import Any, TypeVar

from shared.contracts.desktops import LOOK_FOR_SESSION_HOST, SessionHostOrder
from shared.contracts.machines import AGENT_PATIENCE, LOOK_AT_AGENT, LOOK_AT_OPERATION
from shared.contracts.outcomes import Accepted, NoRoom, Pending, Refused
from shared.contracts.provisioning import Superseded
from shared.contracts.remote_actions import BEGIN_REMOTE_STEP, END_REMOTE_ACTION, RemoteEnd, RemoteOrder, RemoteStep
from shared.contracts.shape import Activity, Patience
from shared.domain.cloud_pc import Failure, Warn
from shared.domain.values import Value
from shared.workflow import CallFailedError, Context, Steps, call, wait_for

In = TypeVar("In", bound=Value)


class ActionFailedError(Exception):
    """The action is over; *failure* is what to show for it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


class NoRoomError(ActionFailedError):
    """There is no hardware, or no quota, for what was asked."""


class ActionSupersededError(Exception):
    """The Cloud PC is being built anew, or removed."""


class Acting:
    """The action that runs. *forgotten*: restore points that it has removed; *size*: that it has given the machine."""

    def __init__(self, ctx: Context, order: RemoteOrder) -> None:
        self.ctx, self.order = ctx, order
        self.forgotten: tuple[str, ...] = ()
        self.new_disk: str | None = None
        self.size = ""
        self.warnings: tuple[Warn, ...] = ()

    def begin(self, step: str) -> Steps[None]:
        """Say that *step* begins. Raises: ActionSupersededError."""
        machine = self.order.machine
        record = RemoteStep(
            tenant_id=machine.tenant_id,
            cloud_pc_id=machine.cloud_pc_id,
            operation_id=self.order.operation_id,
            name=self.order.name,
            step=step,
        )
        if isinstance((yield from self.do(BEGIN_REMOTE_STEP, record)), Superseded):
            raise ActionSupersededError

    def do(self, activity: Activity[In, Any], order: In) -> Steps[Any]:
        """Call *activity* and return its outcome. Raises: ActionFailedError when it is refused."""
        try:
            outcome = yield from call(self.ctx, activity, order)
        except CallFailedError as error:
            raise ActionFailedError(_unavailable(error)) from error
        return _need(outcome)

    def wait(self, look: Activity[In, Any], order: In, patience: Patience) -> Steps[Any]:
        """Look until *look* finds what it looks for. Raises: as ``do``, and when it is too late."""
        try:
            outcome = yield from wait_for(self.ctx, look, order, patience)
        except CallFailedError as error:
            raise ActionFailedError(_unavailable(error)) from error
        if isinstance(outcome, Pending):
            minutes = int(patience.limit.total_seconds() // 60)
            message = f"not done after {minutes} minutes. {outcome.note}".strip()
            raise ActionFailedError(Failure(code="timedOut", message=message))
        return _need(outcome)

    def bring_about(self, activity: Activity[In, Any], order: In, patience: Patience) -> Steps[None]:
        """Let Azure begin something, and wait for its end. Raises: as ``wait``."""
        begun = yield from self.do(activity, order)
        if isinstance(begun, Accepted):
            yield from self.wait(LOOK_AT_OPERATION, self.order.machine.look_at(begun), patience)

    def wait_until_it_answers(self) -> Steps[None]:
        """Wait until Windows answers Azure, and its desktop agent the host pool. Raises: as ``wait``."""
        order = self.order
        yield from self.wait(LOOK_AT_AGENT, order.machine, AGENT_PATIENCE)
        if order.host_pool_id is not None:
            host = SessionHostOrder(machine=order.machine, host_pool_id=order.host_pool_id)
            yield from self.wait(LOOK_FOR_SESSION_HOST, host, AGENT_PATIENCE)

    def end(self, failure: Failure | None = None, result: dict[str, Any] | None = None) -> Steps[None]:
        """Write down what has come of it."""
        machine = self.order.machine
        record = RemoteEnd(
            tenant_id=machine.tenant_id,
            cloud_pc_id=machine.cloud_pc_id,
            operation_id=self.order.operation_id,
            name=self.order.name,
            failure=failure,
            result=result or {},
            forgotten=self.forgotten,
            new_disk=self.new_disk,
            size=self.size,
            warnings=self.warnings,
        )
        yield from call(self.ctx, END_REMOTE_ACTION, record)


def _need(outcome: Any) -> Any:  # noqa: ANN401 - whatever the contract gives
    match outcome:
        case Refused(code=code, message=message, evidence=evidence, advice=advice):
            raise ActionFailedError(Failure(code=code, message=message, evidence=evidence, advice=advice))
        case NoRoom(code=code, message=message):
            advice = "The machine is stopped. Troubleshoot starts it again when there is room."
            raise NoRoomError(Failure(code=code, message=message, advice=advice))
        case _:
            return outcome


def _unavailable(error: CallFailedError) -> Failure:
    return Failure(code="serviceUnavailable", message="the service did not answer as it should", evidence=error.reason)
