"""The actions that may be done to many Cloud PCs at once: what each asks for, when it is possible, how it is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from pydantic import AwareDatetime

from actions.deed import Deed
from actions.grace import ExtendForm, HoldForm, change_grace, confirm_removal, end_grace
from actions.rebuilding import REPROVISION, RETRY, Rebuild, UserAccountType, rebuild
from actions.remote import Wish, act, refusal
from actions.rerunning import RerunForm, rerun
from shared.domain.cloud_pc import CloudPc
from shared.domain.lifecycle import Status
from shared.domain.operation import Operation
from shared.domain.remote_action import Remote, TimeRange, nearest
from shared.domain.values import Value
from shared.workflow import DurableClient

Perform = Callable[[Deed, DurableClient, CloudPc, Value], Awaitable[Operation | None]]
"""Does it to one Cloud PC; gives the operation that tells how it goes, None when it is done at once."""


class Nothing(Value):
    """No parameters."""


class ReprovisionForm(Value):
    """Whether the user becomes a local administrator; left out: as the policy says."""

    user_account_type: UserAccountType | None = None


class AccountForm(Value):
    """What the user becomes."""

    user_account_type: UserAccountType


class RestoreForm(Value):
    """Graph's cloudPcBulkRestore: the restore point nearest to a moment, on one side of it."""

    restore_point_date_time: AwareDatetime
    time_range: TimeRange = TimeRange.BEFORE


@dataclass(frozen=True, slots=True)
class Kind:
    """One action. *refusal* gives why it is not possible as far as the record tells, None when it is."""

    verb: str
    refusal: Callable[[CloudPc], str | None]
    perform: Perform
    form: type[Value] = Nothing


def _unless(*statuses: Status) -> Callable[[CloudPc], str | None]:
    return lambda pc: None if pc.status in statuses else f"it is {pc.status.value}"


def _rebuild(way: Rebuild) -> Callable[[CloudPc], str | None]:
    return lambda pc: None if way.allows(pc.status) else f"{way.wants}; this one is {pc.status.value}"


async def _retry(deed: Deed, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
    del form
    return await rebuild(deed, client, pc.id, RETRY)


async def _reprovision(deed: Deed, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
    account = form.user_account_type if isinstance(form, ReprovisionForm) else None
    return await rebuild(deed, client, pc.id, REPROVISION, account)


async def _end_grace(deed: Deed, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
    del form
    return await end_grace(deed, client, pc.id)


async def _extend_grace(deed: Deed, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
    del client
    hours = form.hours if isinstance(form, ExtendForm) else 0
    await change_grace(deed, await deed.cloud_pc(pc.id), lambda grace: grace.extend(timedelta(hours=hours)))
    return None


async def _hold_grace(deed: Deed, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
    del client
    held = isinstance(form, HoldForm) and form.held
    stored = await deed.cloud_pc(pc.id)
    await change_grace(deed, stored, lambda grace: grace.hold(deed.now) if held else grace.release(deed.now))
    return None


async def _confirm(deed: Deed, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
    del form
    await confirm_removal(deed, client, pc.id)
    return None


async def _rerun(deed: Deed, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
    return await rerun(deed, client, pc.id, form if isinstance(form, RerunForm) else RerunForm())


def _remote(name: Remote) -> Perform:
    async def perform(deed: Deed, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
        account = form.user_account_type if isinstance(form, AccountForm) else None
        administrator = account is UserAccountType.ADMINISTRATOR if account else None
        return await act(deed, client, pc.id, Wish(name, administrator=administrator))

    return perform


def _remote_kind(name: Remote, form: type[Value] = Nothing) -> Kind:
    return Kind(_VERB + name.value, lambda pc: refusal(pc, Wish(name)), _remote(name), form)


async def _restore(deed: Deed, client: DurableClient, pc: CloudPc, form: Value) -> Operation | None:
    found = (
        nearest(pc.restore_points, form.restore_point_date_time, form.time_range)
        if isinstance(form, RestoreForm)
        else None
    )
    return await act(deed, client, pc.id, Wish(Remote.RESTORE, restore_point_id=found.id if found else None))


def _restorable(pc: CloudPc) -> str | None:
    newest = next((point.id for point in reversed(pc.restore_points) if point.status == "ready"), None)
    return refusal(pc, Wish(Remote.RESTORE, restore_point_id=newest))


_VERB = "Microsoft.CloudPC/cloudPCs/"
ACTIONS: Mapping[str, Kind] = MappingProxyType(
    {
        "retry": Kind(_VERB + "retry", _rebuild(RETRY), _retry),
        "reprovision": Kind(_VERB + "reprovision", _rebuild(REPROVISION), _reprovision, ReprovisionForm),
        "endGracePeriod": Kind(_VERB + "endGracePeriod", _unless(Status.IN_GRACE_PERIOD), _end_grace),
        "extendGrace": Kind(_VERB + "extendGrace", _unless(Status.IN_GRACE_PERIOD), _extend_grace, ExtendForm),
        "holdGrace": Kind(_VERB + "holdGrace", _unless(Status.IN_GRACE_PERIOD), _hold_grace, HoldForm),
        "confirmRemoval": Kind(
            _VERB + "confirmRemoval", lambda pc: None if pc.removal else "no removal of it waits", _confirm
        ),
        "reboot": _remote_kind(Remote.REBOOT),
        "troubleshoot": _remote_kind(Remote.TROUBLESHOOT),
        "changeUserAccountType": _remote_kind(Remote.CHANGE_USER_ACCOUNT_TYPE, AccountForm),
        "createSnapshot": _remote_kind(Remote.CREATE_SNAPSHOT),
        "restore": Kind(_VERB + "restore", _restorable, _restore, RestoreForm),
        "rerunStep": Kind(_VERB + "rerunStep", _unless(Status.PROVISIONED_WITH_WARNINGS), _rerun, RerunForm),
    }
)
