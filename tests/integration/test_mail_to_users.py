"""Mail to the users of Cloud PCs, by a real server of SMTP: its receivers, contents and times."""

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from azure_simulator.certificates import Certificates

from shared.clients.mail import SmtpMail
from shared.domain.cloud_pcs.cloud_pc import CloudPc, Grace, RemovalCause
from shared.domain.cloud_pcs.grace import begin_grace
from shared.domain.cloud_pcs.lifecycle import Event, Status
from shared.domain.notices.delivery import Delivery, DeliveryStatus
from shared.domain.notices.endpoint import NoticeEndpoint, NoticeEndpointForm, ReplayForm
from shared.domain.notices.personal import PersonalNotices, QuietHours
from shared.errors import InvalidError, ThrottledError
from shared.services.cloud_pcs.deprovisioning import remind_due
from shared.services.notices import endpoints
from shared.storage.due import reminder_due
from shared.storage.tables import Tables
from tests.integration import things
from tests.integration.conftest import TENANT_TABLES, Prepare
from tests.integration.mail_server import PASSWORD, Server, serving_mail
from tests.integration.receivers import LOOPBACK, NoticeServices
from tests.integration.services import IdleHost, in_place

QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
EVENING = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)  # 22:30 in Amsterdam, where Azure's West Europe is
MORNING = datetime(2026, 11, 24, 6, tzinfo=UTC)
NIGHT = QuietHours(start_time=time(22), end_time=time(7))


@pytest.fixture
async def server(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    async with serving_mail(certificates, monkeypatch) as opened:
        yield opened


@pytest.fixture
async def notices(tables: Tables, prepare: Prepare, tls: ssl.SSLContext) -> AsyncIterator[NoticeServices]:
    await prepare(*TENANT_TABLES, "cloudpcs", "due", "audit", "intents", "noticeendpoints", "noticestates", "images")
    await prepare("noticeevents", "deliveries", "personalnotices", "cloudpcpower", "alertrules", "operations")
    services = NoticeServices(tables, tls)
    services.smtp = SmtpMail([LOOPBACK], tls=tls)
    services.directory.groups["g1"] = {"ada", "bob", "eve"}
    await services.tenants.insert(things.tenant())
    await services.sites.insert(things.site())
    await services.connections.insert(things.connection())
    with in_place(services):
        yield services
    await services.sender.close()


async def mailing(notices: NoticeServices, **form: Any) -> NoticeEndpoint:
    """Have users mailed over the server."""
    mail = {"transport": "smtp", "host": "localhost", "sender": "desk@example.com", "userName": "desk"}
    body = {"displayName": "Users", "kind": "users", "mail": mail, "password": PASSWORD, **form}
    made = await endpoints.create_endpoint(notices.context(), NoticeEndpointForm.model_validate(body))
    return made.stored.value


async def cloud_pc(notices: NoticeServices, name: str = "ada", **changes: Any) -> CloudPc:
    pc = things.cloud_pc(id=f"pc-{name}", user=things.user(name), **{"status": Status.PROVISIONING, **changes})
    return (await notices.cloud_pcs.insert(pc)).value


async def happen(notices: NoticeServices, pc: CloudPc, event: Event) -> None:
    at = notices.hand.at
    await notices.cloud_pcs.change(pc.tenant_id, pc.id, lambda there: there.after(event, at=at))


async def lose(notices: NoticeServices, pc: CloudPc) -> CloudPc:
    at = notices.hand.at
    return await notices.cloud_pcs.change(
        pc.tenant_id, pc.id, lambda there: begin_grace(there, RemovalCause.LICENSE_REMOVED, at)
    )


async def deliveries(notices: NoticeServices, endpoint: NoticeEndpoint) -> list[Delivery]:
    found, _ = await notices.deliveries.page(things.TENANT_ID, endpoint.id, 100)
    return found


def sent(server: Server) -> list[tuple[str, str]]:
    """Return the receivers and subjects of all mails."""
    return [(to[0], str(mail["Subject"])) for to, mail in server.mails]


async def test_nobody_is_mailed_until_the_tenant_wants_it(notices: NoticeServices, server: Server) -> None:
    await happen(notices, await cloud_pc(notices), Event.SUCCEEDED)
    await notices.until_quiet(limit=DAY)
    assert server.mails == []


async def test_each_user_gets_one_mail_of_a_quarter_of_an_hour_in_their_language(
    notices: NoticeServices, server: Server
) -> None:
    await mailing(notices)
    notices.directory.mail["ada"] = "Ada.Lovelace@contoso.example"
    german = things.snapshot()
    german = german.but(configuration=german.configuration.but(locale="de-DE"))
    ada, bob = await cloud_pc(notices), await cloud_pc(notices, "bob")
    await notices.cloud_pcs.change(bob.tenant_id, bob.id, lambda there: there.with_current(snapshot=german))
    for pc in (ada, bob):
        await happen(notices, pc, Event.SUCCEEDED)
    for event in (Event.RESTORE_BEGUN, Event.RESTORE_ENDED):
        await happen(notices, ada, event)
    await notices.until_quiet(limit=QUARTER - timedelta(minutes=1))
    assert server.mails == []
    await notices.until_quiet(limit=HOUR)
    assert sorted(sent(server)) == [
        ("Ada.Lovelace@contoso.example", "2 notices about your Cloud PCs"),
        ("bob@contoso.example", "Der Cloud-PC Everybody - Ada ist bereit"),
    ]
    text = next(mail.get_content() for to, mail in server.mails if to[0].startswith("bob"))
    assert "Öffnen Sie https://windows.cloud.microsoft" in text
    assert "(Europe/Amsterdam)" in text
    assert "Meine Cloud-PCs im Portal" in text


async def test_what_a_user_has_left_out_is_not_sent_and_what_removes_something_is(
    notices: NoticeServices, server: Server
) -> None:
    endpoint = await mailing(notices)
    chosen = ("cloudpc.provisioned", "cloudpc.grace.started")  # the second was allowed by a release of before
    await notices.personal_notices.insert(
        PersonalNotices(id="id-ada", tenant_id=things.TENANT_ID, opted_out=chosen, last_modified_date_time=things.NOW)
    )
    pc = await cloud_pc(notices)
    await happen(notices, pc, Event.SUCCEEDED)
    await lose(notices, pc)
    await notices.until_quiet(limit=HOUR)
    assert [subject for _, subject in sent(server)] == ["The Cloud PC Everybody - Ada will be removed"]
    assert "is always sent" in server.mails[0][1].get_content()
    assert {each.event.type: each.status for each in await deliveries(notices, endpoint)} == {
        "cloudpc.provisioned": DeliveryStatus.INHIBITED,
        "cloudpc.grace.started": DeliveryStatus.DELIVERED,
    }


async def test_quiet_hours_hold_back_what_can_wait_and_nothing_that_is_removed(
    notices: NoticeServices, server: Server
) -> None:
    await mailing(notices)
    notices.hand.at = EVENING
    choice = PersonalNotices(id="id-ada", tenant_id=things.TENANT_ID, quiet_hours=NIGHT)
    await notices.personal_notices.insert(choice)
    pc = await cloud_pc(notices)
    await happen(notices, pc, Event.SUCCEEDED)
    await notices.until_quiet(limit=HOUR)
    assert server.mails == []
    await lose(notices, pc)
    await notices.until_quiet(limit=HOUR)
    assert [subject for _, subject in sent(server)] == ["The Cloud PC Everybody - Ada will be removed"]
    await notices.until_quiet(limit=MORNING - notices.hand.at - timedelta(minutes=1))
    assert len(server.mails) == 1
    await notices.until_quiet(limit=DAY)
    assert [subject for _, subject in sent(server)][1:] == ["The Cloud PC Everybody - Ada is ready"]


async def test_a_user_without_a_mailbox_is_listed_and_delays_nobody(notices: NoticeServices, server: Server) -> None:
    endpoint = await mailing(notices)
    notices.directory.mail["ada"] = ""
    server.refuses["bob@contoso.example"] = "550 no such user"
    for name in ("ada", "bob", "eve"):
        await happen(notices, await cloud_pc(notices, name), Event.SUCCEEDED)
    begun = notices.hand.at
    await notices.until_quiet(limit=HOUR)
    assert [to for to, _ in sent(server)] == ["eve@contoso.example"]
    assert notices.hand.at <= begun + 2 * QUARTER
    found = {each.event.person: (each.status, each.last_error) for each in await deliveries(notices, endpoint)}
    assert found["id-ada"] == (DeliveryStatus.UNDELIVERABLE, "the directory has no mail address of the user")
    assert found["id-bob"] == (DeliveryStatus.UNDELIVERABLE, "their mail server refuses the address: 550")
    assert "bob@" not in str(found)
    state = await notices.endpoint_states.get(things.TENANT_ID, endpoint.id)
    assert (state.value.failures, state.value.closed_until) == (0, None)
    notices.directory.mail["ada"] = "ada@contoso.example"
    ids = tuple(each.event.id for each in await deliveries(notices, endpoint) if each.event.person == "id-ada")
    assert await endpoints.replay(notices.context(), endpoint, ReplayForm(event_ids=ids)) == 1
    await notices.until_quiet(limit=HOUR)
    assert [to for to, _ in sent(server)][1:] == ["ada@contoso.example"]


async def test_a_directory_that_does_not_answer_loses_no_mail(notices: NoticeServices, server: Server) -> None:
    await mailing(notices)
    notices.directory.silent.add("ada")
    await lose(notices, await cloud_pc(notices, status=Status.PROVISIONED))
    await notices.until_quiet(limit=3 * HOUR)
    assert server.mails == []
    notices.directory.silent.clear()
    await notices.until_quiet(limit=12 * HOUR)
    assert len(server.mails) == 1


class Paced:
    """Azure Communication Services whose limit lets a mail through every hour."""

    def __init__(self, notices: NoticeServices) -> None:
        self._notices, self._free_at = notices, notices.hand.at
        self.sent: list[Any] = []

    async def send(self, mail: Any) -> None:
        now = self._notices.hand.at
        if now < self._free_at:
            raise ThrottledError("no token", after=self._free_at - now)
        self._free_at = now + HOUR
        self.sent.append(mail)


async def test_a_rate_limit_uses_up_no_try_and_lets_what_is_removed_pass_first(
    notices: NoticeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = await mailing(notices, mail={"transport": "communicationServices"}, password=None)
    service = Paced(notices)
    monkeypatch.setattr(NoticeServices, "communication_mail", service, raising=False)
    names = [f"user{number:02}" for number in range(16)]
    notices.directory.groups["g1"] = set(names)
    for name in names:
        pc = await cloud_pc(notices, name)
        await happen(notices, pc, Event.SUCCEEDED)
    notices.hand.advance(QUARTER)
    last = await lose(notices, pc)
    await notices.until_quiet(limit=2 * DAY)
    assert len(service.sent) == 17
    assert "will be removed" in [each.subject for each in service.sent[:2]][-1] + service.sent[0].subject
    assert last.user.user_principal_name in {to for each in service.sent for to in each.to}
    found = await deliveries(notices, endpoint)
    assert {(each.status, each.tries) for each in found} == {(DeliveryStatus.DELIVERED, 1)}


@pytest.mark.parametrize("at", [1, 2])
async def test_a_kill_between_a_mail_and_its_record_repeats_it_with_its_id(
    notices: NoticeServices, server: Server, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    endpoint = await mailing(notices)
    pc = await cloud_pc(notices)
    for event in (Event.SUCCEEDED, Event.RESTORE_BEGUN, Event.RESTORE_ENDED):
        await happen(notices, pc, event)
    written, real = 0, notices.deliveries.settle

    async def settle(delivery: Delivery) -> None:
        nonlocal written
        written += 1
        if written == at:
            raise KeyboardInterrupt
        await real(delivery)

    with monkeypatch.context() as patched:
        patched.setattr(notices.deliveries, "settle", settle)
        with pytest.raises(KeyboardInterrupt):
            await notices.until_quiet(limit=HOUR)
    await notices.until_quiet(limit=HOUR)
    assert {each.status for each in await deliveries(notices, endpoint)} == {DeliveryStatus.DELIVERED}
    assert len(server.mails) == 2
    ids = {mail["Message-ID"] for _, mail in server.mails}
    assert len(ids) == (1 if at == 1 else 2)  # what was written down is not sent again
    await notices.until_quiet(limit=DAY)
    assert len(server.mails) == 2


async def test_a_second_endpoint_for_users_is_refused(notices: NoticeServices, server: Server) -> None:
    del server
    await mailing(notices)
    with pytest.raises(InvalidError) as refused:
        await mailing(notices, displayName="Others")
    assert [each.pointer for each in refused.value.problems] == ["/kind"]


async def test_a_test_reaches_the_administrator_who_asks_for_it(notices: NoticeServices, server: Server) -> None:
    endpoint = await mailing(notices)
    notices.directory.groups["g1"].add("admin")
    tried = await endpoints.test_endpoint(notices.context(), endpoint)
    assert (tried.status, tried.to_user) == (DeliveryStatus.DELIVERED, True)
    assert [to for to, _ in sent(server)] == ["admin@contoso.example"]


async def test_a_grace_period_reminds_once_a_day_before_its_end(notices: NoticeServices, server: Server) -> None:
    await mailing(notices)
    pc = await lose(notices, await cloud_pc(notices, status=Status.PROVISIONED))
    assert pc.grace is not None
    due, host = reminder_due(pc), IdleHost()
    assert due is not None
    assert due.at == pc.grace.ends_at - DAY
    await notices.until_quiet(limit=HOUR)
    notices.hand.at = due.at
    for _ in range(2):  # a row may come twice
        assert await remind_due(notices, host, due) is None
    assert host.started == []
    await notices.until_quiet(limit=HOUR)
    assert [subject for _, subject in sent(server)] == [
        "The Cloud PC Everybody - Ada will be removed",
        "The Cloud PC Everybody - Ada will be removed soon",
    ]
    extend = partial(Grace.extend, length=3 * DAY, at=notices.hand.at)
    edit = lambda there: there.but(grace=extend(there.grace))  # noqa: E731 - three words
    extended = await notices.cloud_pcs.change(pc.tenant_id, pc.id, edit)
    again = reminder_due(extended)
    assert again is not None
    assert again.at == pc.grace.ends_at + 2 * DAY
    assert await remind_due(notices, host, due) == again.at


def test_a_short_grace_period_has_no_reminder() -> None:
    grace = Grace(cause=RemovalCause.USER_DELETED, started_at=things.NOW, ends_at=things.NOW + 47 * HOUR)
    assert grace.reminder_at is None
