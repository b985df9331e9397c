"""The protocol of every change, on real tables: cut after each of its writes, then sent again or left to the sweep."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from shared.domain import naming
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.operations.operation import (
    INTERRUPTED_AFTER,
    Actor,
    AuditEvent,
    Operation,
    OperationStatus,
    ResourceType,
)
from shared.domain.tenants.tenant import Site
from shared.errors import ConflictError, NotFoundError
from shared.services.cloud_pcs.remote_actions import RemoteActionRequest, act
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, begin_operation, complete_interrupted, make_change
from shared.services.operations.writes import (
    RecordWrite,
    change,
    change_cloud_pc,
    insertion,
    no_record,
    removal,
    replacement,
)
from shared.storage.due import DueKind
from shared.storage.repository import Stored
from shared.storage.tables import Table
from tests.integration import things
from tests.integration.scenes import MADE
from tests.integration.services import IdleHost, PaperServices

EVE = Actor(id="eve", name="Eve")
VERB = "Microsoft.CloudPC/sites/write"
SOON = timedelta(minutes=2)
WRITES = ("insert", "replace", "put", "delete", "write_all")


class CutError(BaseException):
    """The process dies. No code of the app expects it."""


class Power:
    """Goes off after so many writes, whoever makes them; a start of a workflow counts as one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 0
        for name in WRITES:
            monkeypatch.setattr(Table, name, self._counted(getattr(Table, name)))

    def _counted(self, real: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def write(*arguments: Any, **options: Any) -> Any:
            done = await real(*arguments, **options)
            self.count()
            return done

        return write

    def count(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise CutError


class Host(IdleHost):
    """Starts a workflow once: what runs is alive."""

    def __init__(self, power: Power) -> None:
        super().__init__()
        self.power = power

    async def start_new(self, name: str, instance_id: str, order: dict[str, Any]) -> str:
        if instance_id not in self.started:
            await super().start_new(name, instance_id, order)
        self.power.count()
        return instance_id


@pytest.fixture
def power(monkeypatch: pytest.MonkeyPatch) -> Power:
    return Power(monkeypatch)


@pytest.fixture
def host(power: Power) -> Host:
    return Host(power)


def context_of(here: PaperServices, seed: str, *, at: datetime | None = None, trace: str = "first") -> ActionContext:
    return ActionContext(
        here,
        EVE,
        things.tenant(),
        verb=VERB,
        trace_id=trace,
        now=at or here.hand.at,
        seed=("test", seed),
        repeatable=True,
    )


def site(id: str, **changes: Any) -> Site:  # noqa: A002 - the word of every record
    return things.site(id=id, display_name=f"Site {id}", **changes)


@dataclass(frozen=True)
class Case:
    """A kind of write of a site. *there*: whether the site is there before; *stays*: and afterwards.

    What is gone, a request that is sent again does not find: the sweep settles that.
    """

    write: Callable[[ActionContext, Stored[Site] | None, str], RecordWrite[Any]]
    there: bool = True
    of_record: bool = True
    stays: bool = True


def _insertion(context: ActionContext, stored: Stored[Site] | None, id: str) -> RecordWrite[Any]:  # noqa: A002 - as above
    return insertion(context, context.deps.sites, site(id), id)


def _change(context: ActionContext, stored: Stored[Site] | None, id: str) -> RecordWrite[Any]:  # noqa: A002 - as above
    assert stored is not None
    renamed = lambda there: there.but(display_name="Renamed")  # noqa: E731
    return change(stored.value, renamed, partial(context.deps.sites.change, things.TENANT_ID, id))


def _replacement(context: ActionContext, stored: Stored[Site] | None, id: str) -> RecordWrite[Any]:  # noqa: A002 - as above
    assert stored is not None
    return replacement(stored, site(id, region="eastus"), context.deps.sites.replace)


def _removal(context: ActionContext, stored: Stored[Site] | None, id: str) -> RecordWrite[Any]:  # noqa: A002 - as above
    if stored is None:
        raise NotFoundError(id)
    return removal(stored.value, partial(context.deps.sites.remove, things.TENANT_ID, id))


def _no_record(context: ActionContext, stored: Stored[Site] | None, id: str) -> RecordWrite[Any]:  # noqa: A002 - as above
    return no_record(stored.value if stored else None)


CASES = {
    "insertion": Case(_insertion, there=False),
    "change": Case(_change),
    "replacement": Case(_replacement),
    "removal": Case(_removal, stays=False),
    "no record": Case(_no_record, of_record=False),
}


async def perform(case: Case, context: ActionContext, host: Host, id: str, *, operation: bool) -> None:  # noqa: A002 - as above
    """Do the steps of a use case: read the record, then go through the protocol."""
    deps, resource = context.deps, Resource(ResourceType.SITE, id)
    write = case.write(context, await deps.sites.find(things.TENANT_ID, id), id)
    promise = partial(deps.due.put, DueKind.ORPHANS, context.now + SOON, things.TENANT_ID, id)

    async def start(_: Any) -> None:
        await host.start_new("workflow", id, {})

    if operation:
        await begin_operation(context, "test", resource, write, promise=promise, start=start)
    else:
        await make_change(context, resource, write, promise=promise, start=start)


async def events(here: PaperServices, id: str) -> list[AuditEvent]:  # noqa: A002 - as above
    return [each.value async for each in here.audit.each(things.TENANT_ID, resource_id=id)]


async def operations(here: PaperServices, id: str) -> list[Operation]:  # noqa: A002 - as above
    return [each.value async for each in here.operations.each(things.TENANT_ID, resource_id=id)]


async def intents(here: PaperServices) -> int:
    return len([1 async for _ in here.intents.of_all()])


async def record(here: PaperServices, id: str) -> Site | None:  # noqa: A002 - as above
    stored = await here.sites.find(things.TENANT_ID, id)
    return stored.value if stored else None


async def cut(here: PaperServices, case: Case, host: Host, id: str, writes: int, *, operation: bool) -> bool:  # noqa: A002 - as above
    """Perform a case until the power goes off after so many writes; return whether it did."""
    if case.there:
        await here.sites.insert(site(id))
    host.power.left = writes
    try:
        await perform(case, context_of(here, id), host, id, operation=operation)
    except CutError:
        return True
    else:
        return False
    finally:
        host.power.left = 0


@pytest.mark.parametrize("operation", [True, False], ids=["operation", "no operation"])
@pytest.mark.parametrize("name", CASES)
async def test_a_request_that_is_cut_after_any_write_and_sent_again_has_the_effect_of_once(
    contoso: PaperServices, host: Host, name: str, *, operation: bool
) -> None:
    case, writes = CASES[name], 1
    await cut(contoso, case, host, "whole", 0, operation=operation)
    (whole,) = await events(contoso, "whole")
    after = await record(contoso, "whole")
    while await cut(contoso, case, host, f"s{writes}", writes, operation=operation):
        id_ = f"s{writes}"
        again = context_of(contoso, id_, at=contoso.hand.at + timedelta(minutes=1), trace="again")
        try:
            await perform(case, again, host, id_, operation=operation)
        except NotFoundError:
            assert not case.stays
            contoso.hand.advance(INTERRUPTED_AFTER)
            await complete_interrupted(contoso)

        (event,) = await events(contoso, id_)
        assert (event.before is None, event.after is None) == (whole.before is None, whole.after is None), writes
        assert event.before != event.after or not case.of_record
        now = await record(contoso, id_)
        assert (now is None) == (after is None)
        assert (
            now is None
            or after is None
            or now.but(id="any", display_name="Any") == after.but(id="any", display_name="Any")
        )
        assert len(await operations(contoso, id_)) == operation
        assert host.started.count(id_) == 1 or not case.stays
        assert await intents(contoso) == 0
        writes += 1
    assert writes > 5 + operation


@pytest.mark.parametrize("operation", [True, False], ids=["operation", "no operation"])
@pytest.mark.parametrize("name", CASES)
async def test_a_request_that_is_cut_after_any_write_and_not_sent_again_is_settled_by_the_sweep(
    contoso: PaperServices, host: Host, name: str, *, operation: bool
) -> None:
    case, writes = CASES[name], 1
    made, not_made = 0, 0
    while await cut(contoso, case, host, f"s{writes}", writes, operation=operation):
        id_ = f"s{writes}"
        assert await complete_interrupted(contoso) == 0  # a request that runs is left alone
        contoso.hand.advance(INTERRUPTED_AFTER)
        await complete_interrupted(contoso)

        changed = not case.of_record or await record(contoso, id_) != (site(id_) if case.there else None)
        made, not_made = made + changed, not_made + (not changed)
        assert len(await events(contoso, id_)) == changed, writes
        if not changed:
            assert await operations(contoso, id_) == []
        elif case.of_record:
            assert len(await operations(contoso, id_)) == operation
            due = await contoso.due.due(DueKind.ORPHANS, contoso.hand.at)
            assert id_ in {each.subject_id for each in due}
        assert await intents(contoso) == 0
        writes += 1
    assert made > 2
    assert (not_made > 1) == case.of_record


async def test_a_conflict_ends_the_operation_as_failed_and_leaves_nothing_else(
    contoso: PaperServices, host: Host
) -> None:
    pc = things.cloud_pc(status=Status.PROVISIONED, attempt=1)
    await contoso.cloud_pcs.insert(pc)
    context, resource = context_of(contoso, "conflict"), Resource(ResourceType.CLOUD_PC, pc.id)
    write = change_cloud_pc(context, pc, lambda there: there.but(display_name="Mine"))
    await contoso.cloud_pcs.change(pc.tenant_id, pc.id, lambda there: there.with_current(generation=2))
    with pytest.raises(ConflictError):
        await begin_operation(context, "test", resource, write, code="tooLate")

    (operation,) = await operations(contoso, pc.id)
    assert (operation.status, operation.error and operation.error.code) == (OperationStatus.FAILED, "tooLate")
    assert (await events(contoso, pc.id), await intents(contoso), host.started) == ([], 0, [])


async def test_the_audit_event_has_what_was_there_when_somebody_else_was_faster(contoso: PaperServices) -> None:
    await contoso.sites.insert(site("s0"))
    stored = await contoso.sites.get(things.TENANT_ID, "s0")
    context = context_of(contoso, "slower")
    write = _change(context, stored, "s0")
    await contoso.sites.change(things.TENANT_ID, "s0", lambda there: there.but(region="eastus"))
    await make_change(context, Resource(ResourceType.SITE, "s0"), write)

    (event,) = await events(contoso, "s0")
    assert event.before is not None
    assert event.after is not None
    assert (event.before["region"], event.after["region"]) == ("eastus", "eastus")


async def test_what_changes_nothing_leaves_no_audit_event(contoso: PaperServices) -> None:
    await contoso.sites.insert(site("s0"))
    stored = await contoso.sites.get(things.TENANT_ID, "s0")
    write = replacement(stored, stored.value, contoso.sites.replace)
    result = await make_change(context_of(contoso, "same"), Resource(ResourceType.SITE, "s0"), write)
    assert (result.etag, await events(contoso, "s0"), await intents(contoso)) == (stored.etag, [], 0)


async def test_a_remote_action_that_is_cut_after_any_write_is_begun_once(contoso: PaperServices, host: Host) -> None:
    """A use case on top: its record says that it is at work, which a repeated request must not take for another's."""
    request, writes, cut_off = RemoteActionRequest(Remote.REBOOT), 0, True
    while cut_off:
        writes += 1
        pc = things.cloud_pc(f"user{writes}", status=Status.PROVISIONED, attempt=1, resources=MADE)
        await contoso.cloud_pcs.insert(pc)
        host.power.left = writes
        try:
            await act(context_of(contoso, pc.id), host, pc.id, request)
            cut_off = False
        except CutError:
            host.power.left = 0
            operation = await act(context_of(contoso, pc.id, trace="again"), host, pc.id, request)
            assert operation.id == naming.derived_id("operation", things.TENANT_ID, "test", pc.id)

        (event,) = await events(contoso, pc.id)
        action = (await contoso.cloud_pcs.get(pc.tenant_id, pc.id)).value.action
        assert event.before is not None
        assert event.after is not None
        assert "action" not in event.before
        assert "action" in event.after
        assert action is not None
        assert [each.id for each in await operations(contoso, pc.id)] == [action.operation_id]
        assert len([each for each in host.started if pc.id in each]) == 1
        assert await intents(contoso) == 0
    assert writes > 7
