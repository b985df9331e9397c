"""One remote action that runs: its steps are recorded, and whatever is refused or too late ends it in one place."""

from __future__ import annotations

from typing import TypeVar

from orchestrators.parts.work import Work, overdue
from shared.contracts.definitions import Activity, Json, PollPolicy
from shared.contracts.desktops import POLL_SESSION_HOST, SessionHostOrder
from shared.contracts.machines import AGENT_POLL, POLL_AGENT
from shared.contracts.outcomes import Accepted, Done, NoCapacity, Pending, Refused
from shared.contracts.remote_actions import BEGIN_REMOTE_STEP, END_REMOTE_ACTION, RemoteEnd, RemoteOrder, RemoteStep
from shared.contracts.silences import WaitingWork
from shared.domain.cloud_pcs.advice import when_given_up
from shared.domain.cloud_pcs.build import Failure, Warn
from shared.domain.values import Value
from shared.workflow import Context, Steps, call

Order = TypeVar("Order", bound=Value)


class RemoteActionRun(Work):
    """The action that runs. *forgotten*: restore points that it has deleted; *size*: the new size of the machine."""

    def __init__(self, ctx: Context, order: RemoteOrder) -> None:
        super().__init__(ctx)
        self.order = order
        self.forgotten: tuple[str, ...] = ()
        self.new_disk: str | None = None
        self.size = ""
        self.warnings: tuple[Warn, ...] = ()

    @property
    def waiting(self) -> WaitingWork:
        """The Cloud PC that waits for a cloud that does not answer."""
        machine = self.order.machine
        doing = f"the action {self.order.name.value}"
        return WaitingWork(tenant_id=machine.tenant_id, owner=machine.owner, doing=doing)

    def begin(self, step: str) -> Steps[None]:
        """Record that *step* begins. Raises: SupersededError."""
        machine = self.order.machine
        record = RemoteStep(
            tenant_id=machine.tenant_id,
            cloud_pc_id=machine.owner.id,
            operation_id=self.order.operation_id,
            name=self.order.name,
            step=step,
        )
        yield from self.record(BEGIN_REMOTE_STEP, record)

    def run_to_completion(
        self, activity: Activity[Order, Accepted | Done, Refused | NoCapacity], order: Order, policy: PollPolicy
    ) -> Steps[None]:
        """Let Azure begin something, and wait for its end. Raises: as ``wait``."""
        yield from self.finish(self.order.machine, (yield from self.do(activity, order)), policy)

    def wait_until_it_answers(self) -> Steps[None]:
        """Wait until Windows answers Azure, and its desktop agent the host pool. Raises: as ``wait``."""
        order = self.order
        yield from self.wait(POLL_AGENT, order.machine, AGENT_POLL)
        if order.host_pool_id is not None:
            host = SessionHostOrder(machine=order.machine, host_pool_id=order.host_pool_id)
            yield from self.wait(POLL_SESSION_HOST, host, AGENT_POLL)

    def end(self, failure: Failure | None = None, result: Json | None = None) -> Steps[None]:
        """Record the end of the action: its result, or its failure."""
        machine = self.order.machine
        record = RemoteEnd(
            tenant_id=machine.tenant_id,
            cloud_pc_id=machine.owner.id,
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

    def refused(self, refused: Refused) -> Failure:
        """Return the failure of a refused call."""
        advice = when_given_up(refused.advice)
        return Failure(code=refused.code, message=refused.message, evidence=refused.evidence, advice=advice)

    def no_capacity(self, full: NoCapacity) -> Failure:
        """Return the failure that another size may avoid."""
        advice = "The machine is stopped. Troubleshoot starts it again when there is capacity."
        return Failure(code=full.code, message=full.message, advice=advice)

    def unanswered(self, reason: str) -> Failure:
        """Return the failure of a service that is out."""
        message = "the service did not answer as it should"
        return Failure(code="serviceUnavailable", message=message, evidence=reason)

    def too_late(self, pending: Pending, policy: PollPolicy) -> Failure:
        """Return the failure of a call that took too long."""
        return Failure(code="timedOut", message=overdue(pending, policy))
