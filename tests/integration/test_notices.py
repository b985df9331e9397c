"""Notices from a change of a record to a receiver: on Azurite, over TLS to this machine."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from azure_simulator.certificates import Certificates

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Event, Status
from shared.domain.cost.budgets import Budget, BudgetScope
from shared.domain.notices.delivery import DeliveryStatus, Tried, WaitingDelivery
from shared.domain.notices.endpoint import DisabledReason, ReplayForm
from shared.domain.operations.overview import TenantOverview
from shared.services.alerts.judging import judge_tenant
from shared.services.notices.delivering import deliver
from shared.services.notices.endpoints import replay
from shared.services.notices.relaying import relay, relay_left
from shared.services.operations.purges import delete_old
from shared.storage.codec import Codec
from shared.storage.due import DueKind
from shared.storage.repository import Stored
from shared.storage.tables import Table, Tables
from tests.integration import things
from tests.integration.conftest import TENANT_TABLES, Prepare
from tests.integration.receivers import NoticeServices, Receiver, listening
from tests.integration.services import in_place


@pytest.fixture
async def notices(tables: Tables, prepare: Prepare, tls: ssl.SSLContext) -> AsyncIterator[NoticeServices]:
    await prepare(*TENANT_TABLES, "cloudpcs", "due", "audit", "intents", "noticeendpoints", "noticestates")
    await prepare("noticeevents", "deliveries", "budgets", "alertrules", "alertrecords", "overviews", "cloudpcpower")
    services = NoticeServices(tables, tls)
    await services.tenants.insert(things.tenant())
    with in_place(services):
        yield services
    await services.sender.close()


@pytest.fixture
async def receiver(certificates: Certificates) -> AsyncIterator[Receiver]:
    async with listening(certificates, Receiver()) as opened:
        yield opened


async def building(notices: NoticeServices, **changes: Any) -> CloudPc:
    """Save a Cloud PC that is being built."""
    pc = things.cloud_pc(status=Status.PROVISIONING, **changes)
    return (await notices.cloud_pcs.insert(pc)).value


async def happen(notices: NoticeServices, pc: CloudPc, event: Event) -> CloudPc:
    at = notices.hand.at
    return await notices.cloud_pcs.change(pc.tenant_id, pc.id, lambda there: there.after(event, at=at))


async def test_a_change_of_a_record_comes_to_a_receiver(notices: NoticeServices, receiver: Receiver) -> None:
    await notices.endpoint(receiver)
    pc = await building(notices)
    await happen(notices, pc, Event.SUCCEEDED)
    await notices.until_quiet()
    ((id_, _, body),) = receiver.got
    said = json.loads(body)
    assert said["type"] == "cloudpc.provisioned"
    assert said["data"]["id"] == pc.id
    assert said["data"]["displayName"] == pc.display_name
    assert id_


async def test_events_of_a_subject_come_in_its_order(notices: NoticeServices, receiver: Receiver) -> None:
    await notices.endpoint(receiver)
    pc = await building(notices)
    for event in (Event.GAVE_UP, Event.RETRIED, Event.STARTED, Event.SUCCEEDED):
        await happen(notices, pc, event)
    await notices.until_quiet()
    assert [json.loads(body)["type"] for _, _, body in receiver.got] == ["cloudpc.failed", "cloudpc.provisioned"]


async def test_a_sweep_sends_what_nobody_has_announced(notices: NoticeServices, receiver: Receiver) -> None:
    await notices.endpoint(receiver)
    await happen(notices, await building(notices), Event.SUCCEEDED)
    assert await notices.due.due(DueKind.EVENTS, notices.hand.at + timedelta(minutes=2))
    assert await notices.outbox.waiting("cloudpcs", things.TENANT_ID)
    await notices.until_quiet()
    assert len(receiver.ids) == 1
    assert not await notices.outbox.waiting("cloudpcs", things.TENANT_ID)


async def test_a_receiver_that_was_away_for_hours_gets_each_once(notices: NoticeServices, receiver: Receiver) -> None:
    back = notices.hand.at + timedelta(hours=6)
    receiver.answer = lambda _id, _nth: web.Response(status=204 if notices.hand.at >= back else 503)
    await notices.endpoint(receiver)
    for number in range(20):
        await happen(
            notices, await building(notices, id=f"pc{number:02}", user=things.user(f"u{number}")), Event.GAVE_UP
        )
    await notices.until_quiet()
    arrived = set(receiver.ids)
    tried_away = len(receiver.got) - 20
    assert len(arrived) == 20
    assert tried_away < 10  # one notice at a time was tried


async def test_an_endpoint_that_never_answers_is_disabled_after_ten_tries(
    notices: NoticeServices, receiver: Receiver
) -> None:
    receiver.answer = lambda _id, _nth: web.Response(status=500)
    made = await notices.endpoint(receiver)
    await happen(notices, await building(notices), Event.SUCCEEDED)
    began = notices.hand.at
    await notices.until_quiet()
    assert len(receiver.got) == 10
    assert timedelta(hours=75) <= notices.hand.at - began <= timedelta(hours=90)
    endpoint = (await notices.notice_endpoints.get(things.TENANT_ID, made.stored.value.id)).value
    assert endpoint.disabled is not None
    assert endpoint.disabled.reason is DisabledReason.TRIES_USED_UP
    (delivery,), _ = await notices.deliveries.page(things.TENANT_ID, endpoint.id, 10)
    assert (delivery.status, delivery.tries, delivery.last_status) == (DeliveryStatus.FAILED, 10, 500)


async def test_gone_disables_at_once(notices: NoticeServices, receiver: Receiver) -> None:
    receiver.answer = lambda _id, _nth: web.Response(status=410)
    made = await notices.endpoint(receiver)
    await happen(notices, await building(notices), Event.SUCCEEDED)
    await notices.until_quiet()
    endpoint = (await notices.notice_endpoints.get(things.TENANT_ID, made.stored.value.id)).value
    assert len(receiver.got) == 1
    assert endpoint.disabled is not None
    assert endpoint.disabled.reason is DisabledReason.GONE


async def test_one_notice_that_fails_holds_up_its_subject_alone(notices: NoticeServices, receiver: Receiver) -> None:
    await notices.endpoint(receiver)
    bad = await building(notices, id="bad")
    good = [await building(notices, id=f"good{n}", user=things.user(f"u{n}")) for n in range(3)]
    receiver.answer = lambda _id, _nth: web.Response(status=204)
    for event in (Event.GAVE_UP, Event.RETRIED, Event.STARTED, Event.SUCCEEDED):
        bad = await happen(notices, bad, event)
    for pc in good:
        await happen(notices, pc, Event.SUCCEEDED)
    first: list[str] = []

    def answer(id_: str, nth: int) -> web.Response:
        body = json.loads(receiver.got[-1][2])
        failed = body["data"]["id"] == "bad" and body["type"] == "cloudpc.failed" and nth < 3
        first.append(f"{body['data']['id']}:{body['type']}:{500 if failed else 204}")
        return web.Response(status=500 if failed else 204)

    receiver.answer = answer
    await notices.until_quiet()
    assert first[0] == "bad:cloudpc.failed:500"
    assert sorted(first[1:4]) == [f"good{n}:cloudpc.provisioned:204" for n in range(3)]
    assert first[4:] == ["bad:cloudpc.failed:500", "bad:cloudpc.failed:204", "bad:cloudpc.provisioned:204"]


async def test_retry_after_is_honoured(notices: NoticeServices, receiver: Receiver) -> None:
    moments = []

    def answer(_id: str, nth: int) -> web.Response:
        moments.append(notices.hand.at)
        return web.Response(status=429, headers={"Retry-After": "3600"}) if nth == 1 else web.Response()

    receiver.answer = answer
    await notices.endpoint(receiver)
    await happen(notices, await building(notices), Event.SUCCEEDED)
    await notices.until_quiet()
    assert moments[1] - moments[0] >= timedelta(hours=1)
    assert moments[1] - moments[0] < timedelta(hours=1, minutes=5)


class KilledError(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
async def test_a_process_that_ends_at_any_request_to_storage_loses_nothing(
    notices: NoticeServices, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    """The change of a record, the sending on and the delivery are cut at each of their requests in turn."""
    await notices.endpoint(receiver)
    plain, left = Table._do, 0

    async def cut(self: Table, operation: Any, *, adds: bool = False) -> Any:
        nonlocal left
        left -= 1
        if left == 0 and not after:
            raise KilledError
        done = await plain(self, operation, adds=adds)
        if left == 0:
            raise KilledError
        return done

    kills = 0
    for number in range(1, 60):
        pc = await building(notices, id=f"pc{number:02}", user=things.user(f"u{number}"))
        seen, left = len(receiver.got), number
        monkeypatch.setattr(Table, "_do", cut)
        try:
            await happen(notices, pc, Event.SUCCEEDED)
            notices.hand.advance(timedelta(minutes=3))
            await notices.sweep()
        except KilledError:
            kills += 1
        monkeypatch.setattr(Table, "_do", plain)
        finished = left > 0
        now = (await notices.cloud_pcs.get(pc.tenant_id, pc.id)).value
        if now.status is Status.PROVISIONING:
            await happen(notices, pc, Event.SUCCEEDED)
        await notices.until_quiet()
        came = receiver.ids[seen:]
        assert len(set(came)) == 1, f"request {number}"
        assert len(came) <= 2, f"request {number}"
        if finished:
            break
    assert kills > 15
    assert len(receiver.got) <= len(set(receiver.ids)) + kills


async def test_events_are_replayed_with_their_ids(notices: NoticeServices, receiver: Receiver) -> None:
    made = await notices.endpoint(receiver)
    for number in range(3):
        await happen(notices, await building(notices, id=f"pc{number}", user=things.user(f"u{number}")), Event.GAVE_UP)
        notices.hand.advance(timedelta(hours=1))
    await notices.until_quiet()
    first = list(receiver.ids)
    since = notices.hand.at - timedelta(hours=2, minutes=30)
    replayed = await replay(notices.context(), made.stored.value, ReplayForm(since=since))
    await notices.until_quiet()
    assert replayed == 2
    assert receiver.ids[3:] == first[1:]
    assert await replay(notices.context(), made.stored.value, ReplayForm(event_ids=(first[0],))) == 1
    await notices.until_quiet()
    assert receiver.ids[5:] == first[:1]


async def test_an_endpoint_that_comes_later_is_told_what_was_before(
    notices: NoticeServices, receiver: Receiver
) -> None:
    await happen(notices, await building(notices), Event.SUCCEEDED)
    await notices.until_quiet()
    made = await notices.endpoint(receiver)
    assert receiver.got == []
    assert await replay(notices.context(), made.stored.value, ReplayForm()) == 1
    await notices.until_quiet()
    assert len(receiver.got) == 1


async def test_an_endpoint_is_told_the_types_of_its_filter(notices: NoticeServices, receiver: Receiver) -> None:
    await notices.endpoint(receiver, eventTypes=["cloudpc.failed"])
    await happen(notices, await building(notices), Event.SUCCEEDED)
    await happen(notices, await building(notices, id="other", user=things.user("eve")), Event.GAVE_UP)
    await notices.until_quiet()
    assert [json.loads(body)["type"] for _, _, body in receiver.got] == ["cloudpc.failed"]


async def test_the_switch_of_the_tenant_holds_notices_back(notices: NoticeServices, receiver: Receiver) -> None:
    await notices.endpoint(receiver)
    settings = things.tenant().settings.but(notices_enabled=False)
    tenant = await notices.tenants.change(things.TENANT_ID, lambda there: there.but(settings=settings))
    await happen(notices, await building(notices), Event.SUCCEEDED)
    await notices.until_quiet(limit=timedelta(hours=1))
    assert receiver.got == []
    on = tenant.settings.but(notices_enabled=True)
    await notices.tenants.change(things.TENANT_ID, lambda there: there.but(settings=on))
    await notices.until_quiet(limit=timedelta(hours=1))
    assert len(receiver.got) == 1


async def test_another_endpoint_is_told_that_one_was_disabled(
    notices: NoticeServices, receiver: Receiver, certificates: Certificates
) -> None:
    async with listening(certificates, Receiver(answer=lambda _id, _nth: web.Response(status=410))) as gone:
        await notices.endpoint(gone, "Gone")
        await notices.endpoint(receiver, "Desk", eventTypes=["endpoint.disabled"])
        await happen(notices, await building(notices), Event.SUCCEEDED)
        await notices.until_quiet()
    assert [json.loads(body)["data"]["reason"] for _, _, body in receiver.got] == ["gone"]


async def test_notices_are_kept_for_a_week(notices: NoticeServices, receiver: Receiver) -> None:
    made = await notices.endpoint(receiver)
    await happen(notices, await building(notices), Event.SUCCEEDED)
    await notices.until_quiet()
    assert (await delete_old(notices, notices.hand.at + timedelta(days=6)))["noticeevents"] == 0
    assert (await delete_old(notices, notices.hand.at + timedelta(days=8)))["noticeevents"] == 1
    assert await notices.deliveries.page(things.TENANT_ID, made.stored.value.id, 10) == ([], None)


async def test_events_that_nobody_promised_are_found_once_a_day(notices: NoticeServices, receiver: Receiver) -> None:
    await notices.endpoint(receiver)
    await happen(notices, await building(notices), Event.SUCCEEDED)
    for due in await notices.due.due(DueKind.EVENTS, notices.hand.at + timedelta(days=1)):
        await notices.due.drop(due)
    await notices.until_quiet()
    assert receiver.got == []
    assert await relay_left(notices) == 1
    await notices.until_quiet()
    assert len(receiver.got) == 1


async def test_each_limit_of_a_budget_comes_once(notices: NoticeServices, receiver: Receiver) -> None:
    await notices.endpoint(receiver)
    budget = Budget(id="all", tenant_id=things.TENANT_ID, display_name="All", scope=BudgetScope.TENANT, amount=100.0)
    stored = await notices.budgets.insert(budget)
    for spent in (10.0, 85.0, 85.0, 110.0):
        after = stored.value.checked(spent, 120.0, "2026-11", notices.hand.at)
        stored = await notices.budgets.replace_known(stored, after)
        notices.hand.advance(timedelta(hours=1))
    await notices.until_quiet()
    said = [json.loads(body) for _, _, body in receiver.got]
    assert [each["type"] for each in said] == ["budget.reached"] * 3
    assert [each["data"]["notices"] for each in said] == [["forecast"], ["50", "80"], ["100"]]
    assert said[1]["data"]["displayName"] == "All"


async def test_an_alert_comes_once_when_it_is_raised_and_once_when_it_is_resolved(
    notices: NoticeServices, receiver: Receiver
) -> None:
    await notices.endpoint(receiver)
    for failed in (2, 3, 3, 0, 0):
        overview = TenantOverview(
            tenant_id=things.TENANT_ID, last_refreshed_date_time=notices.hand.at, statuses={"failed": failed}
        )
        await notices.overviews.save_all([Stored(overview, "*")])
        await asyncio.gather(*(judge_tenant(notices, things.TENANT_ID) for _ in range(3)))
        notices.hand.advance(timedelta(minutes=30))
    await notices.until_quiet()
    said = [json.loads(body) for _, _, body in receiver.got]
    assert [each["type"] for each in said] == ["alert.raised", "alert.resolved"]
    assert said[0]["data"]["displayName"] == "Builds fail"
    assert (said[0]["data"]["severity"], said[0]["data"]["value"]) == ("critical", 2)


async def test_two_workers_do_not_send_at_once(notices: NoticeServices, receiver: Receiver) -> None:
    made = await notices.endpoint(receiver)
    for number in range(5):
        await happen(notices, await building(notices, id=f"pc{number}", user=things.user(f"u{number}")), Event.GAVE_UP)
    await relay(notices, things.TENANT_ID, "cloudpcs")
    await asyncio.gather(*(deliver(notices, things.TENANT_ID, made.stored.value.id) for _ in range(4)))
    assert len(receiver.ids) == len(set(receiver.ids)) == 5


async def test_a_mark_that_a_crash_left_sends_nothing_again(notices: NoticeServices, receiver: Receiver) -> None:
    made = await notices.endpoint(receiver)
    for number in range(3):
        await happen(notices, await building(notices, id=f"pc{number}", user=things.user(f"u{number}")), Event.GAVE_UP)
    await relay(notices, things.TENANT_ID, "cloudpcs")
    place = (things.TENANT_ID, made.stored.value.id)
    waiting = await notices.deliveries.waiting(*place)
    assert len({each.mark for each in waiting}) == 1
    first = await notices.deliveries.read(*place, waiting[0].key)
    await notices.deliveries.settle(first.after(Tried(ok=True, status=204), notices.hand.at))
    await notices.until_quiet()
    assert len(receiver.ids) == 2
    assert first.event.id not in receiver.ids
    assert await notices.deliveries.waiting(*place) == []


async def test_marks_of_the_release_before_are_read(notices: NoticeServices, receiver: Receiver) -> None:
    made = await notices.endpoint(receiver)
    await happen(notices, await building(notices), Event.SUCCEEDED)
    await relay(notices, things.TENANT_ID, "cloudpcs")
    place = (things.TENANT_ID, made.stored.value.id)
    (waiting,) = await notices.deliveries.waiting(*place)
    table = Table(notices.tables, "deliveries")
    row = Codec(WaitingDelivery).row(waiting, ":".join(place), "")
    await table.put({**row, "RowKey": waiting.mark})
    assert await notices.deliveries.waiting(*place) == [waiting]
    await notices.until_quiet()
    assert len(receiver.ids) == 1
    assert await notices.deliveries.waiting(*place) == []
