"""The health page: findings of the timer, readers, dismissed and late sections."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cost.prices import Currency, RegionPrices
from shared.domain.health.report import HealthThresholds
from shared.domain.networks.connection import HealthStatus
from shared.domain.notices.endpoint import DisabledReason, EndpointDisabled, EndpointKind, NoticeEndpoint
from shared.domain.rate_limiter import Limit, RateLimiter
from shared.domain.tenants.directory import Subscription, Watch, WatchedResource
from shared.errors import UnavailableError
from shared.services.directory.tenants import TenantIds
from shared.services.health import checking, tenants
from shared.services.health.checking import check_health, check_health_hourly, note_tick
from shared.services.maintenance import measuring as maintenance
from shared.services.tenants.readiness import Readiness, ReadinessCheck
from shared.storage.due import DueKind
from tests.implementations import timer
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office, signed_in
from triggers.timers import ticks

PROVIDERS, OWN = "GET health/report", "GET tenants/{tenant}/health"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class PaperStorage:
    """The age of the first message of each queue, and how far the storage's clock is ahead."""

    def __init__(self) -> None:
        self.ages: dict[str, timedelta] = {}
        self.ahead = timedelta()


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch, office: Office) -> PaperStorage:
    paper = PaperStorage()

    async def oldest(name: Any) -> timedelta:
        return paper.ages.get(name, timedelta())

    async def look() -> tuple[float, datetime]:
        took, _ = await really()
        assert took > 0
        return 5.0, office.hand.at + paper.ahead

    really = office.timer_ticks.look
    monkeypatch.setattr(office.timer_ticks, "look", look)
    monkeypatch.setattr(checking, "oldest", oldest)
    monkeypatch.setattr(maintenance, "oldest", oldest)
    monkeypatch.setattr(office, "queue", lambda name: name)
    return paper


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[ReadinessCheck]:
    """The checks of readiness, as the cloud would let them end."""
    checks = list[ReadinessCheck]()

    async def readiness(context: Any) -> Readiness:
        return Readiness(status=HealthStatus.PASSED, checked_date_time=context.now, checks=tuple(checks))

    async def quotas(context: Any) -> tuple[Any, ...]:
        del context
        return ()

    monkeypatch.setattr(tenants, "readiness", readiness)
    monkeypatch.setattr(tenants, "quotas", quotas)
    return checks


async def shown(routes: dict[str, Any], name: str, **more: Any) -> Any:
    answer = await ask(routes[name], name, **more)
    assert answer.status_code == 200, answer.get_body()
    return json.loads(answer.get_body())


async def checked(office: Office) -> None:
    await check_health(office, TenantIds(office))


def codes(view: Any) -> dict[str, list[str]]:
    return {each["name"]: [m["code"] for m in each["messages"]] for each in view["sections"] if each["messages"]}


async def test_the_timer_checks_the_service_and_its_tenants(
    office: Office, routes: dict[str, Any], storage: PaperStorage, judged: list[ReadinessCheck]
) -> None:
    del storage, judged
    assert codes(await shown(routes, OWN)) == {"checks": ["checksLate"]}
    await timer("settle_and_measure")(None)
    view = await shown(routes, PROVIDERS)
    assert (view["status"], codes(view)) == ("ok", {})
    rows = [(each["id"], each["status"], each["codes"]) for each in view["tenants"]]
    assert rows == [("contoso", "ok", []), ("northwind", "ok", [])]
    assert view["thresholds"] == HealthThresholds().to_json()


async def test_what_is_wrong_with_the_service_is_found(
    office: Office, routes: dict[str, Any], storage: PaperStorage, judged: list[ReadinessCheck]
) -> None:
    del judged
    storage.ages["directory-changes"] = 20 * MINUTE
    await office.due.put(DueKind.START, things.NOW - 90 * MINUTE, "contoso", "pc")
    await office.due.set_aside(
        await office.due.put(DueKind.RECHECK, things.NOW, "contoso", "c1"), "It is damaged.", things.NOW
    )
    await office.timer_ticks.note("sweep", things.NOW - 60 * MINUTE)
    storage.ahead = timedelta(seconds=40)

    def counted(limiter: RateLimiter | None) -> tuple[RateLimiter, None]:
        limiter = limiter or RateLimiter.full(Limit(1, 10), things.NOW.timestamp())
        limiter.counts.add(things.NOW.timestamp(), 100, 30)
        return limiter, None

    await office.rate_limiters.change("p/s//PutVM", counted)
    await checked(office)
    view = await shown(routes, PROVIDERS)
    assert codes(view) == {
        "clock": ["clockSkewed"],
        "queues": ["messagesWait"],
        "timers": ["timerLate"],
        "dueWork": ["dueWorkLate"],
        "setAside": ["rowsSetAside"],
        "rateLimits": ["callsThrottled"],
    }
    assert view["status"] == "error"
    assert view["tenants"][0]["codes"] == ["dueWorkLate", "rowsSetAside"]


async def test_what_is_remembered_of_work_and_prices_is_found(
    office: Office, routes: dict[str, Any], storage: PaperStorage, judged: list[ReadinessCheck]
) -> None:
    del judged
    storage.ages["notices"] = 20 * MINUTE
    await office.stalled_work.note("reconcile_tenant", "reconcile:contoso", things.NOW - 60 * MINUTE)
    prices = RegionPrices(currency=Currency.USD, region="westeurope", tried_at={"disks": things.NOW}, fault="silent")
    await office.retail_prices.insert(prices)
    await checked(office)
    assert codes(await shown(routes, PROVIDERS)) == {
        "queues": ["messagesWait"],
        "stalledWork": ["workStoodStill"],
        "prices": ["pricesOld"],
    }


async def test_events_and_endpoints_are_findings_of_their_tenant(
    office: Office, routes: dict[str, Any], storage: PaperStorage, judged: list[ReadinessCheck]
) -> None:
    del storage, judged
    endpoint = NoticeEndpoint(
        id="e9",
        tenant_id="contoso",
        display_name="Health",
        kind=EndpointKind.WEBHOOK,
        created_date_time=things.NOW,
        last_modified_date_time=things.NOW,
    )
    await office.notice_endpoints.insert(endpoint)
    gone = EndpointDisabled(reason=DisabledReason.GONE, message="it answered 410", at=things.NOW)
    await office.notice_endpoints.change("contoso", "e9", lambda each: each.but(disabled=gone))
    office.hand.advance(20 * MINUTE)
    await checked(office)
    assert codes(await shown(routes, OWN)) == {
        "outbox": ["eventsWait"],
        "endpoints": ["endpointDisabled"],
        "dueWork": ["dueWorkLate"],
    }
    await office.tenants.change("contoso", lambda each: each.but(settings=each.settings.but(notices_enabled=False)))
    office.hand.advance(360 * MINUTE)
    await checked(office)
    assert codes(await shown(routes, OWN)) == {"outbox": ["eventsWait"], "dueWork": ["dueWorkLate"]}


async def test_a_check_that_fails_keeps_no_other_back(
    office: Office,
    routes: dict[str, Any],
    storage: PaperStorage,
    judged: list[ReadinessCheck],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del storage, judged

    async def fail(_: Any) -> Any:
        raise UnavailableError("Table Storage answered 503")

    monkeypatch.setattr(office.rate_limiters, "calls_lately", fail)
    await checked(office)
    view = await shown(routes, PROVIDERS)
    assert codes(view) == {"rateLimits": ["checkFailed"]}
    assert [each["checkedDateTime"] for each in view["tenants"]] == [view["checkedDateTime"]] * 2


async def test_what_readiness_says_becomes_findings(
    office: Office, routes: dict[str, Any], storage: PaperStorage, judged: list[ReadinessCheck]
) -> None:
    del storage
    found = {
        "consent": ("failed", "AADSTS70021: no matching federated identity record"),
        "permissions": ("failed", "without User.Read.All"),
        "role": ("failed", "without 3 actions"),
        "resource providers": ("warning", "the cloud did not answer"),
        "licences": ("failed", "none"),
        "sign-in": ("informational", "not looked at"),
    }
    judged += [
        ReadinessCheck(name=name, status=HealthStatus(status), additional_detail=detail)
        for name, (status, detail) in found.items()
    ]
    await checked(office)
    assert codes(await shown(routes, OWN)) == {
        "credential": ["credentialRefused"],
        "consent": ["permissionsMissing"],
        "rights": ["roleIncomplete", "providerNotRegistered"],
    }


async def test_subscriptions_and_addresses_are_judged_by_what_is_recorded(
    office: Office, routes: dict[str, Any], storage: PaperStorage, judged: list[ReadinessCheck]
) -> None:
    del storage, judged
    office.settings = office.settings.model_copy(update={"notification_url": "https://x/api/graph/notifications"})
    ends = Subscription(id="s", resource=WatchedResource.USERS, expires_at=things.NOW + 3 * DAY)
    await office.watches.insert(Watch(tenant_id=things.DIRECTORY, subscriptions=(ends,)))
    usage = ({"subnetId": "a", "total": 100, "free": 10},)
    await office.connections.change("contoso", "c3", lambda each: each.but(subnets=usage))
    await checked(office)
    assert codes(await shown(routes, OWN)) == {
        "directorySubscriptions": ["directorySubscriptionMissing", "directorySubscriptionEnds"],
        "addresses": ["addressesScarce"],
    }


@pytest.mark.parametrize(("limit", "code"), [(5, "signInRightsScarce"), (4, "signInRightsEnd")])
async def test_role_assignments_of_a_subscription_are_looked_ahead_at(
    office: Office, routes: dict[str, Any], storage: PaperStorage, judged: list[ReadinessCheck], limit: int, code: str
) -> None:
    del storage, judged
    tenant = (await office.tenants.get("contoso")).value
    limited = tenant.settings.but(sign_in_rights_per_subscription=limit)
    await office.tenants.change("contoso", lambda there: there.but(settings=limited))
    for name in ("eve", "joe"):
        pc = things.cloud_pc(name, status=Status.PROVISIONED, snapshot=things.snapshot())
        await office.cloud_pcs.insert(pc.with_current(subscription_id=tenant.subscription_id))
    await checked(office)
    assert code in codes(await shown(routes, OWN))["rights"]


async def test_a_tenant_is_checked_every_six_hours(
    office: Office, storage: PaperStorage, judged: list[ReadinessCheck]
) -> None:
    del storage, judged
    await checked(office)
    first = (await office.health_reports.get("contoso", "latest")).value.checked_date_time
    office.hand.advance(359 * MINUTE)
    await checked(office)
    assert (await office.health_reports.get("contoso", "latest")).value.checked_date_time == first
    office.hand.advance(MINUTE)
    await checked(office)
    assert (await office.health_reports.get("contoso", "latest")).value.checked_date_time == office.hand.at


async def test_a_report_that_is_old_says_so(
    office: Office, routes: dict[str, Any], storage: PaperStorage, judged: list[ReadinessCheck]
) -> None:
    del storage, judged
    await checked(office)
    office.hand.advance((360 + 150) * MINUTE)
    assert codes(await shown(routes, OWN)) == {}
    office.hand.advance(MINUTE)
    assert codes(await shown(routes, OWN)) == {"checks": ["checksLate"]}
    view = await shown(routes, PROVIDERS)
    assert (view["status"], codes(view), view["tenants"][0]["codes"]) == ("error", {}, ["checksLate"])


async def test_who_reads_the_page_sees_the_service_of_the_last_five_minutes(
    office: Office, routes: dict[str, Any], storage: PaperStorage, judged: list[ReadinessCheck]
) -> None:
    del judged
    await checked(office)
    storage.ages["directory-changes"] = 20 * MINUTE
    office.hand.advance(4 * MINUTE)
    assert codes(await shown(routes, PROVIDERS)) == {}
    office.hand.advance(2 * MINUTE)
    assert codes(await shown(routes, PROVIDERS)) == {"queues": ["messagesWait"]}


async def test_the_timer_checks_once_an_hour(
    office: Office, storage: PaperStorage, judged: list[ReadinessCheck]
) -> None:
    del storage, judged
    for ago in (timedelta(), 30 * MINUTE, 30 * MINUTE):
        office.hand.advance(ago)
        await check_health_hourly(office, TenantIds(office))
    assert (await office.health_reports.get("*", "latest")).value.checked_date_time == office.hand.at


async def test_a_dismissed_section_counts_for_nothing_and_the_audit_log_says_who_did_so(
    office: Office, routes: dict[str, Any], storage: PaperStorage, judged: list[ReadinessCheck]
) -> None:
    del storage
    judged.append(ReadinessCheck(name="role", status=HealthStatus.FAILED, additional_detail="without 3 actions"))
    await checked(office)
    form = {"section": "rights", "dismissedUntilDateTime": (things.NOW + DAY).isoformat(), "reason": "a move"}
    name = "POST tenants/{tenant}/health/dismiss"
    view = await shown(routes, name, body=json.dumps(form).encode())
    assert (view["status"], codes(view)) == ("ok", {"rights": ["roleIncomplete"]})
    (rights,) = (each for each in view["sections"] if each["name"] == "rights")
    assert rights["dismissed"]["by"] == "eve@contoso.example"
    (event,) = [each.value async for _, each in office.audit.among("contoso", top=10)]
    assert event.activity == "Microsoft.CloudPC/tenants/dismissHealth"
    view = await shown(routes, name, body=json.dumps({**form, "dismissedUntilDateTime": None}).encode())
    assert view["status"] == "error"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"section": "queues"}, "/section"),  # the service's alone
        ({"dismissedUntilDateTime": (things.NOW - DAY).isoformat()}, "/dismissedUntilDateTime"),
        ({"dismissedUntilDateTime": (things.NOW + 91 * DAY).isoformat()}, "/dismissedUntilDateTime"),
    ],
)
async def test_what_is_dismissed_has_an_end_and_is_there(
    office: Office, routes: dict[str, Any], changes: dict[str, Any], pointer: str
) -> None:
    del office
    form = {"section": "rights", "dismissedUntilDateTime": (things.NOW + DAY).isoformat(), **changes}
    name = "POST tenants/{tenant}/health/dismiss"
    answer = await ask(routes[name], name, body=json.dumps(form).encode())
    assert answer.status_code == 400
    assert [each["pointer"] for each in json.loads(answer.get_body())["errors"]] == [pointer]


async def test_a_threshold_that_was_changed_counts(
    office: Office, routes: dict[str, Any], storage: PaperStorage, judged: list[ReadinessCheck]
) -> None:
    del judged
    storage.ages["directory-changes"] = 20 * MINUTE
    name = "PATCH health/report"
    await shown(routes, name, body=json.dumps({"messageAgeWarningInMinutes": 30}).encode())
    await checked(office)
    assert codes(await shown(routes, PROVIDERS)) == {}
    answer = await ask(routes[name], name, body=json.dumps({"messageAgeWarningInMinutes": 90}).encode())
    assert [each["pointer"] for each in json.loads(answer.get_body())["errors"]] == ["/messageAgeWarningInMinutes"]


async def test_thresholds_that_are_changed_at_once_all_stay(office: Office, routes: dict[str, Any]) -> None:
    changes = {"messageAgeWarningInMinutes": 20, "clockSkewErrorInSeconds": 150, "throttledShareErrorInPercent": 30}
    bodies = [json.dumps({name: value}).encode() for name, value in changes.items()]
    await asyncio.gather(*(shown(routes, "PATCH health/report", body=each) for each in bodies))
    kept = (await office.health_settings.of("*")).thresholds.to_json()
    assert {name: kept[name] for name in changes} == changes


@pytest.mark.parametrize(
    ("name", "role", "status"),
    [
        (PROVIDERS, "CloudPC.Administrator", 403),
        (OWN, "CloudPC.Administrator", 200),
        (OWN, "CloudPC.Operator", 403),
        (OWN, "CloudPC.Reader", 403),
    ],
)
async def test_administrators_see_their_tenant_alone(
    office: Office, routes: dict[str, Any], name: str, role: str, status: int
) -> None:
    del office
    answer = await ask(routes[name], name, headers=signed_in(role))
    assert answer.status_code == status


async def test_a_tick_is_noted_once_in_half_an_hour(office: Office) -> None:
    @ticks
    async def sweep() -> None:
        """End well."""

    await sweep()
    office.hand.advance(29 * MINUTE)
    await note_tick(office, "sweep")
    assert (await office.timer_ticks.all())["sweep"] == things.NOW
    office.hand.advance(2 * MINUTE)
    await note_tick(office, "sweep")
    assert (await office.timer_ticks.all())["sweep"] == office.hand.at
