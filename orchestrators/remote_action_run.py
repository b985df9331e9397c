"""One remote action as it goes: its steps are told, and whatever is refused or too late ends it in one place."""

from __future__ import annotations

from typing import Any

from orchestrators.work import In, Work, overdue
from shared.contracts.definitions import Activity, PollPolicy
from shared.contracts.desktops import POLL_SESSION_HOST, SessionHostOrder
from shared.contracts.machines import AGENT_POLL, POLL_AGENT
from shared.contracts.outcomes import NoCapacity, Pending, Refused, Superseded
from shared.contracts.remote_actions import BEGIN_REMOTE_STEP, END_REMOTE_ACTION, RemoteEnd, RemoteOrder, RemoteStep
from shared.domain.cloud_pc import Failure, Warn
from shared.workflow import Context, Steps, call


class ActionFailedError(Exception):
    """The action is over; *failure* is what to show for it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


class NoCapacityError(ActionFailedError):
    """There is no hardware, or no quota, for what was asked."""


class ActionSupersededError(Exception):
    """The Cloud PC is being built anew, or removed."""


class Acting(Work):
    """The action that runs. *forgotten*: restore points that it has removed; *size*: that it has given the machine."""

    def __init__(self, ctx: Context, order: RemoteOrder) -> None:
        super().__init__(ctx)
        self.order = order
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

    def run_to_completion(self, activity: Activity[In, Any], order: In, policy: PollPolicy) -> Steps[None]:
        """Let Azure begin something, and wait for its end. Raises: as ``wait``."""
        yield from self.finish(self.order.machine, (yield from self.do(activity, order)), policy)

    def wait_until_it_answers(self) -> Steps[None]:
        """Wait until Windows answers Azure, and its desktop agent the host pool. Raises: as ``wait``."""
        order = self.order
        yield from self.wait(POLL_AGENT, order.machine, AGENT_POLL)
        if order.host_pool_id is not None:
            host = SessionHostOrder(machine=order.machine, host_pool_id=order.host_pool_id)
            yield from self.wait(POLL_SESSION_HOST, host, AGENT_POLL)

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

    def refused(self, refused: Refused) -> ActionFailedError:
        """Return the failure of what a cloud has declined."""
        failure = Failure(code=refused.code, message=refused.message, evidence=refused.evidence, advice=refused.advice)
        return ActionFailedError(failure)

    def no_capacity(self, full: NoCapacity) -> NoCapacityError:
        """Return the failure that another size may cure."""
        advice = "The machine is stopped. Troubleshoot starts it again when there is room."
        return NoCapacityError(Failure(code=full.code, message=full.message, advice=advice))

    def unanswered(self, reason: str) -> ActionFailedError:
        """Return the failure of a service that is out."""
        message = "the service did not answer as it should"
        return ActionFailedError(Failure(code="serviceUnavailable", message=message, evidence=reason))

    def too_late(self, pending: Pending, policy: PollPolicy) -> ActionFailedError:
        """Return the failure of what took too long."""
        return ActionFailedError(Failure(code="timedOut", message=overdue(pending, policy)))
