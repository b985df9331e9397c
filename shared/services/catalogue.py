"""The actions that a bulk action may perform: the parameters of each, when it is possible, how it is performed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import AwareDatetime, Field

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.rebuilds import REPROVISION, RETRY, not_rebuildable
from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.machines.restore_points import TimeRange, nearest
from shared.domain.operations.operation import Operation
from shared.domain.values import Value
from shared.services.action_context import ActionContext
from shared.services.grace import ExtendForm, HoldForm, change_grace, confirm_removal, end_grace, lengthen_grace
from shared.services.grace import refusal as graceless
from shared.services.rebuilding import UserAccountType, rebuild
from shared.services.remote import RemoteActionRequest, act, refusal
from shared.services.replacing import ReprovisionForm, reprovision
from shared.services.replacing import refusal as unreplaceable
from shared.services.rerunning import RerunForm, rerun
from shared.services.rerunning import refusal as without_warning
from shared.services.resizing import blocker, resize, target_plan
from shared.workflow import DurableClient

Perform = Callable[[ActionContext, DurableClient, CloudPc, Value], Awaitable[Operation | None]]
"""Performs an action on one Cloud PC; returns its operation, None when it is done at once."""


class Nothing(Value):
    """No parameters."""


class AccountForm(Value):
    """Account type of the user."""

    user_account_type: UserAccountType


class RestoreForm(Value):
    """Graph's cloudPcBulkRestore: the restore point nearest to a moment, on one side of it."""

    restore_point_date_time: AwareDatetime
    time_range: TimeRange = TimeRange.BEFORE


class ResizeForm(Value):
    """Graph's cloudPcBulkResize."""

    target_service_plan_id: str = Field(min_length=1, max_length=200)


Refusal = Callable[[CloudPc], str | None]
"""Returns why an action is not possible on a Cloud PC by the records, None when it is."""

Judge = Callable[[ActionContext, Value, Sequence[CloudPc]], Awaitable[Refusal]]
"""Returns the refusal for the parameters of an action; it may read records, and is given all Cloud PCs."""


@dataclass(frozen=True, slots=True)
class BulkActionType:
    """One action. *judge* says beforehand what *perform* would refuse."""

    verb: str
    judge: Judge
    perform: Perform
    form: type[Value] = Nothing


def _record(refused: Callable[[CloudPc, Value], str | None]) -> Judge:
    """Return the judge of an action for which the record of the Cloud PC itself is enough."""

    async def judge(context: ActionContext, form: Value, fleet: Sequence[CloudPc]) -> Refusal:
        del context, fleet
        return lambda pc: refused(pc, form)

    return judge


_IN_GRACE = _record(lambda pc, _: graceless(pc))


async def _retry(context: ActionContext, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
    del form
    return await rebuild(context, client, pc.id, RETRY)


async def _reprovision(context: ActionContext, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
    return await reprovision(context, client, pc.id, form if isinstance(form, ReprovisionForm) else ReprovisionForm())


def _unreprovisionable(pc: CloudPc, form: Value) -> str | None:
    first = isinstance(form, ReprovisionForm) and form.build_first
    return unreplaceable(pc) if first else not_rebuildable(pc, REPROVISION)


async def _end_grace(context: ActionContext, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
    del form
    return await end_grace(context, client, pc.id)


async def _extend_grace(context: ActionContext, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
    del client
    hours = form.hours if isinstance(form, ExtendForm) else 0
    await lengthen_grace(context, await context.cloud_pc(pc.id), hours)
    return None


async def _hold_grace(context: ActionContext, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
    del client
    held = isinstance(form, HoldForm) and form.held
    stored = await context.cloud_pc(pc.id)
    await change_grace(context, stored, lambda grace: grace.hold(context.now) if held else grace.release(context.now))
    return None


async def _confirm(context: ActionContext, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
    del form
    await confirm_removal(context, client, pc.id)
    return None


async def _rerun(context: ActionContext, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
    return await rerun(context, client, pc.id, form if isinstance(form, RerunForm) else RerunForm())


def _without_warning(pc: CloudPc, form: Value) -> str | None:
    return without_warning(pc, form if isinstance(form, RerunForm) else RerunForm())


def _remote(name: Remote) -> Perform:
    async def perform(context: ActionContext, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
        account = form.user_account_type if isinstance(form, AccountForm) else None
        administrator = account is UserAccountType.ADMINISTRATOR if account else None
        return await act(context, client, pc.id, RemoteActionRequest(name, administrator=administrator))

    return perform


def _remote_type(name: Remote, form: type[Value] = Nothing) -> BulkActionType:
    return BulkActionType(
        _VERB + name.value, _record(lambda pc, _: refusal(pc, RemoteActionRequest(name))), _remote(name), form
    )


async def _restore(context: ActionContext, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
    return await act(context, client, pc.id, _restore_request(pc, form))


def _restore_request(pc: CloudPc, form: Value) -> RemoteActionRequest:
    """Return the request for the restore point that *form* selects of *pc*; where there is none, for none."""
    moment = (form.restore_point_date_time, form.time_range) if isinstance(form, RestoreForm) else None
    found = nearest(pc.current.restore_points, *moment) if moment else None
    return RemoteActionRequest(Remote.RESTORE, restore_point_id=found.id if found else None)


async def _resize(context: ActionContext, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
    operation = await resize(
        context, client, pc.id, form.target_service_plan_id if isinstance(form, ResizeForm) else ""
    )
    waits = (await context.cloud_pc(pc.id)).value.status is Status.RESIZE_PENDING_LICENSE
    return None if waits else operation  # the rest of the bulk action does not wait two days for one licence


async def _resizable(context: ActionContext, form: Value, fleet: Sequence[CloudPc]) -> Refusal:
    target = await target_plan(context, form.target_service_plan_id if isinstance(form, ResizeForm) else "")
    of_user: dict[str, list[CloudPc]] = defaultdict(list)
    for pc in fleet:
        of_user[pc.user.id].append(pc)

    def refused(pc: CloudPc) -> str | None:
        blocked = blocker(pc, target, of_user[pc.user.id])
        return str(blocked) if blocked else None

    return refused


_VERB = "Microsoft.CloudPC/cloudPCs/"
ACTIONS: Mapping[str, BulkActionType] = MappingProxyType(
    {
        "retry": BulkActionType(_VERB + "retry", _record(lambda pc, _: not_rebuildable(pc, RETRY)), _retry),
        "reprovision": BulkActionType(
            _VERB + "reprovision", _record(_unreprovisionable), _reprovision, ReprovisionForm
        ),
        "endGracePeriod": BulkActionType(_VERB + "endGracePeriod", _IN_GRACE, _end_grace),
        "extendGrace": BulkActionType(_VERB + "extendGrace", _IN_GRACE, _extend_grace, ExtendForm),
        "holdGrace": BulkActionType(_VERB + "holdGrace", _IN_GRACE, _hold_grace, HoldForm),
        "confirmRemoval": BulkActionType(
            _VERB + "confirmRemoval", _record(lambda pc, _: None if pc.removal else "no removal of it waits"), _confirm
        ),
        "reboot": _remote_type(Remote.REBOOT),
        "troubleshoot": _remote_type(Remote.TROUBLESHOOT),
        "changeUserAccountType": _remote_type(Remote.CHANGE_USER_ACCOUNT_TYPE, AccountForm),
        "createSnapshot": _remote_type(Remote.CREATE_SNAPSHOT),
        "restore": BulkActionType(
            _VERB + "restore", _record(lambda pc, form: refusal(pc, _restore_request(pc, form))), _restore, RestoreForm
        ),
        "resize": BulkActionType(_VERB + "resize", _resizable, _resize, ResizeForm),
        "rerunStep": BulkActionType(_VERB + "rerunStep", _record(_without_warning), _rerun, RerunForm),
    }
)
