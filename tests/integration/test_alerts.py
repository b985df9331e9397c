"""The cause of each alert makes its query fire, and a quiet service does not.

A cause is brought about by the service's own code on Azurite; what OpenTelemetry's exporters in memory and the log then
have is put into rows as Azure Monitor's exporter writes them, and the query is evaluated on them. What the Functions
host sends itself (requests, exceptions of a replay) are rows written here by hand: `BY_HAND`.
"""

import logging
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import ClientSession, TCPConnector
from azure.core.pipeline.transport import AioHttpTransport

from activities.operations.audit import record_status_change, update_operation
from local.azurite import Azurite
from shared.clients.storage import Blobs
from shared.domain.cloud_pcs.build import MACHINE_GONE, Failure, Step, TimelineEntry
from shared.domain.cloud_pcs.cloud_pc import Removal, RemovalCause
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.operations.operation import OperationStatus
from shared.errors import DeskwrightError
from shared.services.maintenance.exporting import export_regularly
from shared.services.maintenance.measuring import measure, measure_queues
from shared.services.operations.sweeps import sweep_due
from shared.services.tenants.directory_changes import POISON, QUEUE, Received, receive_message
from shared.storage.due import DueKind
from shared.telemetry import called
from tests.identities import Identity
from tests.infra.monitoring import monitoring
from tests.infra.queries import Row, Tables, evaluated
from tests.integration import things
from tests.integration.pool_things import failed_members
from tests.integration.power_causes import POWER_CAUSES, brought
from tests.integration.services import IdleHost, PaperServices
from tests.integration.test_spot_waiting import measured_with_a_broken_host
from tests.integration.test_stalling import CASES, RULES, StuckHost
from tests.measured import Seen, measured
from triggers.timers import ticks

QUERIES = {each["name"]: "\n".join(each["query"]) for each in monitoring()["alerts"]}
METRICS = {name for query in QUERIES.values() for name in query.split('"') if name.startswith("deskwright.")}
BY_HAND = {"workflows-do-not-replay"}
TIMERS = set(re.findall(r'"(\w+)", \d+[mh]', QUERIES["timers-do-not-run"]))


@dataclass
class Stage:
    """Fixtures that a cause may use."""

    deps: PaperServices
    patch: pytest.MonkeyPatch
    log: pytest.LogCaptureFixture
    blobs: Blobs
    more: Tables = field(default_factory=dict)


Cause = Callable[[Stage], Awaitable[None]]
CAUSES: dict[str, Cause] = {}
CALM: dict[str, Cause] = {}


def causes(name: str) -> Callable[[Cause], Cause]:
    return lambda cause: CAUSES.setdefault(name, cause)


def calms(name: str) -> Callable[[Cause], Cause]:
    return lambda cause: CALM.setdefault(name, cause)


def metric_rows(seen: Seen) -> Iterable[Row]:
    """Yield the rows of customMetrics: a histogram's has count, sum, least and most, another's has its value."""
    for name in METRICS:
        for point in seen.points(name):
            one = getattr(point, "value", None)
            whole = {"valueCount": 1, "valueSum": one, "valueMin": one, "valueMax": one}
            if one is None:
                whole = {"valueCount": point.count, "valueSum": point.sum, "valueMin": point.min, "valueMax": point.max}
            yield {"timestamp": -1, "name": name, "customDimensions": dict(point.attributes), **whole}


def tables(stage: Stage, seen: Seen) -> Tables:
    traces = [{"timestamp": -1, "message": record.getMessage()} for record in stage.log.records]
    sent: Tables = {"customMetrics": list(metric_rows(seen)), "traces": traces, "requests": [], "exceptions": []}
    return {name: [*rows, *stage.more.get(name, [])] for name, rows in sent.items()}


async def ended(stage: Stage, user: str, outcome: Status, minutes: int) -> None:
    """End a build that began so many minutes ago."""
    before = things.cloud_pc(user, status=Status.PROVISIONING, generation=1, snapshot=things.snapshot())
    first = TimelineEntry(generation=1, attempt=1, step=Step.ALLOCATE_CAPACITY, started_at=things.NOW)
    await stage.deps.timeline.begin("contoso", before.id, first)
    at = things.NOW + timedelta(minutes=minutes)
    await record_status_change(before, before.but(status=outcome, last_modified_date_time=at))


@causes("builds-fail")
async def three_builds_fail(stage: Stage) -> None:
    for user in ("ada", "bob", "eve"):
        await ended(stage, user, Status.FAILED, 20)


@calms("builds-fail")
async def two_builds_fail(stage: Stage) -> None:
    for user in ("ada", "bob"):
        await ended(stage, user, Status.FAILED, 20)


@causes("builds-are-slow")
async def a_build_takes_61_minutes(stage: Stage) -> None:
    await ended(stage, "ada", Status.PROVISIONED, 61)


@calms("builds-are-slow")
async def one_is_slow_and_one_is_not(stage: Stage) -> None:
    await ended(stage, "ada", Status.PROVISIONED, 61)
    await ended(stage, "bob", Status.PROVISIONED, 30)


async def waiting(stage: Stage, number: int) -> None:
    for each in range(number):
        await stage.deps.cloud_pcs.insert(things.cloud_pc(f"u{each}", status=Status.PENDING_PROVISION))
    await measure(stage.deps)


@causes("cloud-pcs-wait")
async def eleven_wait(stage: Stage) -> None:
    await waiting(stage, 11)


@calms("cloud-pcs-wait")
async def ten_wait(stage: Stage) -> None:
    await waiting(stage, 10)


@causes("removals-wait")
async def the_brake_holds_a_removal(stage: Stage) -> None:
    held = Removal(cause=RemovalCause.LICENSE_REMOVED, seen_at=things.NOW)
    await stage.deps.cloud_pcs.insert(things.cloud_pc("bob", status=Status.PROVISIONED, removal=held))
    await measure(stage.deps)


@calms("removals-wait")
async def nothing_is_held(stage: Stage) -> None:
    await stage.deps.cloud_pcs.insert(things.cloud_pc("bob", status=Status.PROVISIONED))
    await measure(stage.deps)


async def without_a_machine(stage: Stage, code: str) -> None:
    """Keep a Cloud PC that has failed, and one in its grace period, with the same code."""
    error = Failure(code=code, message="no")
    for user, status in (("bob", Status.FAILED), ("eve", Status.IN_GRACE_PERIOD)):
        await stage.deps.cloud_pcs.insert(things.cloud_pc(user, status=status, last_error=error))
    await measure(stage.deps)


@causes("machines-are-gone")
async def somebody_deletes_machines(stage: Stage) -> None:
    await without_a_machine(stage, MACHINE_GONE)


@calms("machines-are-gone")
async def builds_have_failed(stage: Stage) -> None:
    await without_a_machine(stage, "OSProvisioningTimedOut")


for _alert, (_bring, _least) in POWER_CAUSES.items():
    causes(_alert)(brought(_bring, _least))
    calms(_alert)(brought(_bring, _least - 1))
causes("pools-are-halted")(lambda stage: failed_members(stage.deps, 3))
calms("pools-are-halted")(lambda stage: failed_members(stage.deps, 2))
causes("spot-groups-wait")(lambda stage: measured_with_a_broken_host(stage.deps, repaired=False))
calms("spot-groups-wait")(lambda stage: measured_with_a_broken_host(stage.deps, repaired=True))


def answers(status: int, number: int) -> None:
    for _ in range(number):
        with called("GET", "graph.microsoft.com") as call:
            call.status = status


@causes("calls-are-refused")
async def a_host_refuses_many(stage: Stage) -> None:
    del stage
    answers(200, 1_000)
    answers(429, 21)


@calms("calls-are-refused")
async def a_host_refuses_one_in_a_hundred(stage: Stage) -> None:
    del stage
    answers(200, 2_079)
    answers(429, 21)


async def operation(stage: Stage, *, fails: bool) -> None:
    await stage.deps.operations.insert(things.operation(id="o1", status=OperationStatus.RUNNING))
    failure = Failure(code="x", message="no", retriable=False)
    await update_operation(
        "contoso",
        "o1",
        lambda one: one.failed(failure, things.NOW) if fails else one.succeeded({}, things.NOW),
    )


@causes("operations-fail")
async def an_operation_fails(stage: Stage) -> None:
    await operation(stage, fails=True)


@calms("operations-fail")
async def an_operation_succeeds(stage: Stage) -> None:
    await operation(stage, fails=False)


async def swept(stage: Stage, after: timedelta) -> None:
    """Sweep beside the check of a connection that went on last at NOW."""
    (kind, make) = next((kind, make) for (_, kind), make in CASES.items() if kind is DueKind.RECHECK)
    subject, generation, _, _ = await make(stage.deps)
    now = things.NOW + after
    await stage.deps.due.put(kind, now, "contoso", subject, generation)
    host: Any = StuckHost()
    stage.deps.hand.at = now
    await sweep_due(host, {kind: RULES[kind]})


@causes("workflows-stand-still")
async def a_check_stands_still_for_a_day(stage: Stage) -> None:
    await swept(stage, timedelta(days=1))


@calms("workflows-stand-still")
async def a_check_works(stage: Stage) -> None:
    await swept(stage, timedelta(minutes=1))


class PaperQueue:
    """A queue of Azure with one message. *age*: how long ago that was put there; None: the queue is empty."""

    def __init__(self, age: timedelta | None = None) -> None:
        self.sent: list[str] = []
        self._age = age

    async def send_message(self, text: str) -> None:
        self.sent.append(text)

    async def peek_messages(self, *, max_messages: int, raw_response_hook: Callable[[Any], None]) -> list[Any]:
        dated = SimpleNamespace(headers={"Date": format_datetime(things.NOW, usegmt=True)})
        raw_response_hook(SimpleNamespace(http_response=dated))
        return [] if self._age is None else [SimpleNamespace(inserted_on=things.NOW - self._age)][:max_messages]


@causes("messages-are-set-aside")
async def a_message_is_no_json(stage: Stage) -> None:
    aside, host = PaperQueue(timedelta()), IdleHost()
    stage.patch.setattr(stage.deps, "queue", lambda name: {POISON: aside}[name])
    await receive_message(stage.deps, host, Received(id="m", tries=1, body=b"not JSON"))
    assert len(aside.sent) == 1


@calms("messages-are-set-aside")
async def nothing_comes(stage: Stage) -> None:
    del stage


@causes("rows-are-set-aside")
async def a_row_is_set_aside(stage: Stage) -> None:
    due = await stage.deps.due.put(DueKind.START, things.NOW, "contoso", "pc")
    await stage.deps.due.set_aside(due, "The record cannot be read.", things.NOW)
    await waiting(stage, 0)


calms("rows-are-set-aside")(ten_wait)


async def queued(stage: Stage, age: timedelta) -> None:
    ages = {QUEUE: age, POISON: timedelta(days=3)}.get
    stage.patch.setattr(stage.deps, "queue", lambda name: PaperQueue(ages(name)))
    await measure_queues(stage.deps)


@causes("messages-wait")
async def nobody_reads(stage: Stage) -> None:
    await queued(stage, timedelta(minutes=16))


@calms("messages-wait")
async def somebody_reads(stage: Stage) -> None:
    await queued(stage, timedelta(minutes=14))


@causes("no-export")
async def the_account_takes_no_blobs(stage: Stage) -> None:
    nowhere = Blobs("https://127.0.0.1:9/account", Identity, "exports")
    stage.patch.setattr(stage.deps, "exports", nowhere)
    with pytest.raises(DeskwrightError):
        await export_regularly(stage.deps)
    await nowhere.close()


@calms("no-export")
async def the_export_is_whole(stage: Stage) -> None:
    stage.patch.setattr(stage.deps, "exports", stage.blobs)
    await export_regularly(stage.deps)


async def tick(*timers: str) -> None:
    for name in timers:

        async def run() -> None:
            """End well."""

        run.__name__ = name
        await ticks(run)()


def first_ran(stage: Stage, ago: timedelta) -> None:
    """The first run of any timer ended well so long ago: the service has been there since then."""
    stage.more["customMetrics"] = [
        {"timestamp": -ago.total_seconds(), "name": "deskwright.timers.ended", "valueSum": 1}
        | {"customDimensions": {"timer": "sweep"}}
    ]


@causes("timers-do-not-run")
async def every_timer_but_one_ended_well_in_a_day_and_a_night(stage: Stage) -> None:
    first_ran(stage, timedelta(hours=27))
    await tick(*TIMERS - {"delete_what_is_old"})


@calms("timers-do-not-run")
async def every_timer_ended_well(_: Stage) -> None:
    await tick(*TIMERS)


_DIFFERS = (  # DurableTask.Core, TaskOrchestrationContext
    "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled an activity task with "
    "sequence ID 0 and name 'begin_step' (version ''), but the current replay execution hasn't (yet?) scheduled this "
    "task. Was a change made to the orchestrator code after this instance had already started running?"
)


@causes("workflows-do-not-replay")
async def a_replay_differs(stage: Stage) -> None:
    stage.more["exceptions"] = [{"timestamp": -1, "outerMessage": _DIFFERS}]


@calms("workflows-do-not-replay")
async def something_else_is_wrong(stage: Stage) -> None:
    stage.more["exceptions"] = [{"timestamp": -1, "outerMessage": "TimeoutError"}]


def test_every_alert_has_a_cause_and_its_absence() -> None:
    assert set(CAUSES) == set(CALM) == set(QUERIES)
    assert set(QUERIES) > BY_HAND


async def test_a_message_that_the_host_set_aside_fires_the_alert_of_ours(stage: Stage) -> None:
    """The host moves a message after five deliveries, without asking the app."""
    assert await fires("messages-are-set-aside", lambda stage: queued(stage, timedelta(0)), stage)


async def fires(name: str, cause: Cause, stage: Stage) -> bool:
    with stage.log.at_level(logging.INFO, "deskwright"), measured() as seen:
        await cause(stage)
        return bool(evaluated(QUERIES[name], tables(stage, seen)))


@pytest.fixture
async def blobs(azurite_server: Azurite, tls: ssl.SSLContext) -> AsyncIterator[Blobs]:
    session = ClientSession(connector=TCPConnector(ssl=tls))
    transport = AioHttpTransport(session=session, session_owner=False)
    made = Blobs(azurite_server.blobs_url, Identity, "alerts", transport=transport)
    yield made
    await made.close()
    await session.close()


@pytest.fixture
def stage(
    contoso: PaperServices, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, blobs: Blobs
) -> Stage:
    return Stage(contoso, monkeypatch, caplog, blobs)


@pytest.mark.parametrize("name", QUERIES)
async def test_the_cause_fires_the_alert(name: str, stage: Stage) -> None:
    assert await fires(name, CAUSES[name], stage)


@pytest.mark.parametrize("name", QUERIES)
async def test_less_than_the_cause_does_not(name: str, stage: Stage) -> None:
    assert not await fires(name, CALM[name], stage)
