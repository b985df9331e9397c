"""Forms, conditions and use cases of the actions on a Cloud PC, one by one and in a bulk action.

The facts of an action are in ``shared.domain.cloud_pcs.actions``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from shared.domain.cloud_pcs.action_forms import (
    AccountTypeForm,
    BulkRestoreForm,
    CreateSnapshotForm,
    KeepAwakeForm,
    Nothing,
    OwnReprovisionBody,
    PowerOffForm,
    RenameForm,
    ReprovisionBody,
    ResizeForm,
    RestoreForm,
    TemporarySizeForm,
    UserAccountType,
)
from shared.domain.cloud_pcs.actions import ACTIONS
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.cloud_pcs.replacing import REPROVISION, RETRY, not_rebuildable
from shared.domain.machines.restore_points import nearest
from shared.domain.operations.operation import Operation
from shared.domain.power.overriding import PowerOverrideForm
from shared.errors import ConflictError
from shared.services.actions.performing import F, InBulk, Perform, Performer, Refusal, Result, by_record
from shared.services.cloud_pcs.builds import plan_now, rebuild
from shared.services.cloud_pcs.deprovisioning import (
    ExtendForm,
    HoldForm,
    change_grace,
    confirm_removal,
    end_grace,
    lengthen_grace,
)
from shared.services.cloud_pcs.deprovisioning import refusal as graceless
from shared.services.cloud_pcs.machine_changes import (
    ReprovisionForm,
    blocker,
    held_plans,
    refuse_while_paused,
    reprovision,
    resize,
    resizes,
    target_plan,
)
from shared.services.cloud_pcs.machine_changes import refusal as unreplaceable
from shared.services.cloud_pcs.moving import MoveForm, judge_moves, movable, move, targets, unmovable
from shared.services.cloud_pcs.remote_actions import RemoteActionRequest, act, refusal, refuse_while_rerunning, rename
from shared.services.cloud_pcs.steps import (
    ApplySettingsForm,
    RerunForm,
    apply_settings,
    judge_settings,
    rerun,
    settings_in_place,
    warned_steps,
)
from shared.services.cloud_pcs.steps import refusal as without_warning
from shared.services.cloud_pcs.undeleting import UndeleteForm, copies, hand_over, undelete
from shared.services.cloud_pcs.undeleting import refuses as unbuildable
from shared.services.operations.action_context import ActionContext
from shared.services.power.by_hand import power_off, power_on, refuse_while_off, request
from shared.services.power.keeping_awake import keep_awake
from shared.services.power.keeping_awake import refusal as not_kept_awake
from shared.services.power.overriding import override_power_schedule
from shared.services.power.sessions import users_now
from shared.services.power.temporary_sizes import (
    judge_temporary_sizes,
    larger_plans,
    refuse_while_hibernated,
    resize_temporarily,
)
from shared.services.power.temporary_sizes import refuses as not_temporary
from shared.workflow import DurableClient


async def _idle(context: ActionContext, client: DurableClient, pc: CloudPc) -> None:
    del context
    await refuse_while_rerunning(client, pc)


async def _planned(context: ActionContext, client: DurableClient, pc: CloudPc) -> None:
    del client
    await plan_now(context, pc, None)


async def _entitled(context: ActionContext, client: DurableClient, pc: CloudPc) -> None:
    del client
    await held_plans(context, pc)


def _remote(
    form: type[F],
    request: Callable[[F], RemoteActionRequest],
    sample: Callable[[CloudPc], F],
    *,
    choices: Callable[[CloudPc], tuple[str, ...]] | None = None,
    in_bulk: InBulk[Any] | None = None,
) -> Performer[F]:
    """Return the performer of a remote action. *request*: converts the form to the request."""

    async def perform(context: ActionContext, client: DurableClient, pc_id: str, form: F) -> Operation:
        return await act(context, client, pc_id, request(form))

    def refuses(pc: CloudPc, form: F) -> str | None:
        return refusal(pc, request(form))

    return Performer(form, perform, sample, refuses, (_idle,), choices, in_bulk=in_bulk)


def _account_request(form: AccountTypeForm) -> RemoteActionRequest:
    administrator = form.user_account_type is UserAccountType.ADMINISTRATOR
    return RemoteActionRequest(Remote.CHANGE_USER_ACCOUNT_TYPE, administrator=administrator)


async def _rename(context: ActionContext, client: DurableClient, pc_id: str, form: RenameForm) -> Operation:
    del client
    return await rename(context, pc_id, form.display_name)


async def _retry(context: ActionContext, client: DurableClient, pc_id: str, form: Nothing) -> Operation:
    del form
    return await rebuild(context, client, pc_id, RETRY)


async def _rebuild(context: ActionContext, client: DurableClient, pc_id: str, form: ReprovisionBody) -> Operation:
    return await rebuild(context, client, pc_id, REPROVISION, form.user_account_type)


async def _reprovision(context: ActionContext, client: DurableClient, pc_id: str, form: ReprovisionForm) -> Operation:
    """Reprovision a Cloud PC; with *unless_in_use* its sessions are asked for first. Raises: as the clients do."""
    begun = await context.deps.operations.find(context.tenant.id, context.operation_id) is not None
    pc = (await context.cloud_pc(pc_id)).value
    asks = form.unless_in_use and not begun and _unreprovisionable(pc, form) is None
    if asks and (users := await users_now(context.deps, pc)):
        raise ConflictError(f"it is in use by {', '.join(users)}")
    return await reprovision(context, client, pc_id, form)


def _unreprovisionable(pc: CloudPc, form: ReprovisionForm) -> str | None:
    return unreplaceable(pc) if form.build_first else not_rebuildable(pc, REPROVISION)


async def _end_grace(context: ActionContext, client: DurableClient, pc_id: str, form: Nothing) -> Operation:
    del form
    return await end_grace(context, client, pc_id)


async def _extend_grace(context: ActionContext, client: DurableClient, pc_id: str, form: ExtendForm) -> CloudPc:
    del client
    return await lengthen_grace(context, await context.cloud_pc(pc_id), form.hours)


async def _hold_grace(context: ActionContext, client: DurableClient, pc_id: str, form: HoldForm) -> CloudPc:
    del client
    stored = await context.cloud_pc(pc_id)
    return await change_grace(
        context, stored, lambda grace: grace.hold(context.now) if form.held else grace.release(context.now)
    )


async def _confirm(context: ActionContext, client: DurableClient, pc_id: str, form: Nothing) -> CloudPc:
    del form
    return await confirm_removal(context, client, pc_id)


def _nearest(pc: CloudPc, form: BulkRestoreForm) -> RemoteActionRequest:
    """Return the request for the restore point that *form* selects; without one, its id is None."""
    found = nearest(pc.current.restore_points, form.restore_point_date_time, form.time_range)
    return RemoteActionRequest(Remote.RESTORE, restore_point_id=found.id if found else None)


async def _restore_nearest(
    context: ActionContext, client: DurableClient, pc_id: str, form: BulkRestoreForm
) -> Operation:
    return await act(context, client, pc_id, _nearest((await context.cloud_pc(pc_id)).value, form))


def _points(pc: CloudPc) -> tuple[str, ...]:
    return tuple(point.id for point in reversed(pc.current.restore_points) if point.status == "ready")


async def _resize(context: ActionContext, client: DurableClient, pc_id: str, form: ResizeForm) -> Operation:
    return await resize(context, client, pc_id, form.target_service_plan_id)


async def _resize_in_bulk(context: ActionContext, client: DurableClient, pc_id: str, form: ResizeForm) -> Result:
    operation = await _resize(context, client, pc_id, form)
    pc = (await context.cloud_pc(pc_id)).value
    # The rest of the bulk action does not wait two days for one licence.
    return pc if pc.status is Status.RESIZE_PENDING_LICENSE else operation


async def _resizable(context: ActionContext, form: ResizeForm, fleet: Sequence[CloudPc]) -> Refusal:
    target = await target_plan(context, form.target_service_plan_id)
    of_user: dict[str, list[CloudPc]] = defaultdict(list)
    for pc in fleet:
        of_user[pc.user.id].append(pc)

    def refused(pc: CloudPc) -> str | None:
        blocked = blocker(pc, target, of_user[pc.user.id])
        return str(blocked) if blocked else None

    return refused


def _plain(form: type[F]) -> Callable[[CloudPc], F]:
    """Return a sample of a form of which nothing has to be filled in."""
    return lambda _: form()


def _copy(_: CloudPc) -> UndeleteForm:
    return UndeleteForm(deleted_cloud_pc_id="none")


def _while_on(perform: Callable[[ActionContext, DurableClient, str, F], Awaitable[Operation]]) -> Perform[F]:
    """Return an action in Windows, which is refused while the machine is off."""

    async def checked(context: ActionContext, client: DurableClient, pc_id: str, form: F) -> Operation:
        await refuse_while_off(context, client, (await context.cloud_pc(pc_id)).value)
        return await perform(context, client, pc_id, form)

    return checked


_POWER_ON: Performer[Nothing] = Performer(
    Nothing, power_on, _plain(Nothing), lambda pc, _: refusal(pc, request(Remote.POWER_ON)), (_idle,)
)
_POWER_OFF: Performer[PowerOffForm] = Performer(
    PowerOffForm, power_off, _plain(PowerOffForm), lambda pc, _: refusal(pc, request(Remote.POWER_OFF)), (_idle,)
)

PERFORMERS: Mapping[str, Performer[Any]] = MappingProxyType(
    {
        "rename": Performer(
            RenameForm, _rename, lambda _: RenameForm(display_name="New name"), lambda _pc, _form: None
        ),
        "retry": Performer(Nothing, _retry, _plain(Nothing), lambda pc, _: not_rebuildable(pc, RETRY), (_planned,)),
        "reprovision": Performer(
            ReprovisionBody,
            _rebuild,
            _plain(ReprovisionBody),
            lambda pc, _: not_rebuildable(pc, REPROVISION),
            (_planned,),
            in_bulk=InBulk(ReprovisionForm, by_record(_unreprovisionable), _reprovision),
            own_form=OwnReprovisionBody,
        ),
        "endGracePeriod": Performer(Nothing, _end_grace, _plain(Nothing), lambda pc, _: graceless(pc)),
        "extendGrace": Performer(ExtendForm, _extend_grace, lambda _: ExtendForm(hours=1), lambda pc, _: graceless(pc)),
        "holdGrace": Performer(HoldForm, _hold_grace, _plain(HoldForm), lambda pc, _: graceless(pc)),
        "confirmRemoval": Performer(
            Nothing, _confirm, _plain(Nothing), lambda pc, _: None if pc.removal else "no removal of it waits"
        ),
        "reboot": _remote(Nothing, lambda _: RemoteActionRequest(Remote.REBOOT), _plain(Nothing)),
        "troubleshoot": _remote(Nothing, lambda _: RemoteActionRequest(Remote.TROUBLESHOOT), _plain(Nothing)),
        "changeUserAccountType": _remote(
            AccountTypeForm,
            _account_request,
            lambda _: AccountTypeForm(user_account_type=UserAccountType.STANDARD_USER),
        ),
        "createSnapshot": _remote(
            CreateSnapshotForm,
            lambda _: RemoteActionRequest(Remote.CREATE_SNAPSHOT),
            _plain(CreateSnapshotForm),
        ),
        "restore": _remote(
            RestoreForm,
            lambda form: RemoteActionRequest(Remote.RESTORE, restore_point_id=form.cloud_pc_snapshot_id),
            lambda pc: RestoreForm(cloud_pc_snapshot_id=next(iter(_points(pc)), "none")),
            choices=_points,
            in_bulk=InBulk(
                BulkRestoreForm, by_record(lambda pc, form: refusal(pc, _nearest(pc, form))), _restore_nearest
            ),
        ),
        "resize": Performer(
            ResizeForm,
            _resize,
            lambda pc: ResizeForm(target_service_plan_id=pc.plan.id),
            lambda _pc, _form: None,
            (_idle, refuse_while_paused, _entitled),
            looks=resizes,
            in_bulk=InBulk(ResizeForm, _resizable, _resize_in_bulk),
        ),
        "resizeTemporarily": Performer(
            TemporarySizeForm,
            resize_temporarily,
            lambda pc: TemporarySizeForm(target_service_plan_id=pc.plan.id),
            not_temporary,
            (_idle, refuse_while_paused, refuse_while_hibernated),
            looks=larger_plans,
            in_bulk=InBulk(TemporarySizeForm, judge_temporary_sizes, resize_temporarily),
        ),
        "powerOn": _POWER_ON,
        "powerOff": _POWER_OFF,
        "start": _POWER_ON,
        "stop": _POWER_OFF,
        "keepAwake": Performer(
            KeepAwakeForm, keep_awake, lambda _: KeepAwakeForm(hours=1), lambda pc, _: not_kept_awake(pc)
        ),
        "overridePowerSchedule": Performer(
            PowerOverrideForm, override_power_schedule, _plain(PowerOverrideForm), lambda pc, _: not_kept_awake(pc)
        ),
        "moveToPolicy": Performer(
            MoveForm,
            move,
            lambda _: MoveForm(provisioning_policy_id="none"),
            unmovable,
            (_idle, movable),
            looks=targets,
            in_bulk=InBulk(MoveForm, judge_moves, move),
        ),
        "undelete": Performer(
            UndeleteForm, undelete, _copy, unbuildable, (_idle, _planned), looks=partial(copies, handed_over=False)
        ),
        "handOver": Performer(
            UndeleteForm, hand_over, _copy, unbuildable, (_idle, _planned), looks=partial(copies, handed_over=True)
        ),
        "rerunStep": Performer(
            RerunForm, _while_on(rerun), _plain(RerunForm), without_warning, (_idle, refuse_while_off), warned_steps
        ),
        "applySettings": Performer(
            ApplySettingsForm,
            _while_on(apply_settings),
            _plain(ApplySettingsForm),
            lambda _pc, _form: None,
            (_idle, refuse_while_off),
            looks=settings_in_place,
            in_bulk=InBulk(ApplySettingsForm, judge_settings, _while_on(apply_settings)),
        ),
        "reprovisionBuildFirst": Performer(
            ReprovisionForm,
            _reprovision,
            lambda _: ReprovisionForm(build_first=True),
            _unreprovisionable,
            (_idle, _planned),
        ),
    }
)
"""By the name of the action, in the order of ``ACTIONS``."""

BULK_ACTIONS: Mapping[str, InBulk[Any]] = MappingProxyType(
    {name: PERFORMERS[name].bulk for name, action in ACTIONS.items() if action.bulk}
)
"""The actions that a bulk action may do, in the order of ``ACTIONS``."""
