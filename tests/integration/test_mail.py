"""Mail of notices: digests, alerts, and a real server of SMTP with TLS and a password."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from azure_simulator.certificates import Certificates

from shared.clients.mail import SmtpMail
from shared.clients.webhooks import REFUSED
from shared.domain.alerts.alert import AlertRule, AlertRuleTemplate, NotificationChannel, system_rule
from shared.domain.cloud_pcs.lifecycle import Event, Status
from shared.domain.notices.delivery import DeliveryStatus
from shared.domain.notices.endpoint import NoticeEndpoint, NoticeEndpointEdit, NoticeEndpointForm
from shared.domain.notices.mail import Mail, MailSettings
from shared.domain.operations.overview import TenantOverview
from shared.errors import InvalidError
from shared.services.alerts.judging import judge_tenant
from shared.services.notices import endpoints
from shared.storage.repository import Stored
from shared.storage.tables import Tables
from tests.integration import things
from tests.integration.conftest import TENANT_TABLES, Prepare
from tests.integration.mail_server import PASSWORD, Server, serving_mail
from tests.integration.receivers import LOOPBACK, NoticeServices
from tests.integration.services import in_place

HOUR = timedelta(hours=1)


@pytest.fixture
async def server(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    async with serving_mail(certificates, monkeypatch) as opened:
        yield opened


@pytest.fixture
async def notices(tables: Tables, prepare: Prepare, tls: ssl.SSLContext) -> AsyncIterator[NoticeServices]:
    await prepare(*TENANT_TABLES, "cloudpcs", "due", "audit", "intents", "noticeendpoints", "noticestates")
    await prepare("noticeevents", "deliveries", "alertrules", "alertrecords", "overviews", "cloudpcpower", "images")
    services = NoticeServices(tables, tls)
    services.smtp = SmtpMail([LOOPBACK], tls=tls)
    await services.tenants.insert(things.tenant())
    with in_place(services):
        yield services
    await services.sender.close()


async def mailing(notices: NoticeServices, name: str = "Admins", **form: Any) -> NoticeEndpoint:
    """Create an endpoint that mails over the server."""
    mail = {"transport": "smtp", "host": "localhost", "sender": "desk@example.com", "userName": "desk"}
    body = {
        "displayName": name,
        "kind": "email",
        "mail": {**mail, "receivers": ["ada@example.com"]},
        "password": PASSWORD,
        **form,
    }
    made = await endpoints.create_endpoint(notices.context(), NoticeEndpointForm.model_validate(body))
    assert made.secret is None
    return made.stored.value


async def fail(notices: NoticeServices, number: int) -> None:
    pc = things.cloud_pc(id=f"pc{number:02}", user=things.user(f"u{number}"), status=Status.PROVISIONING)
    await notices.cloud_pcs.insert(pc)
    at = notices.hand.at
    await notices.cloud_pcs.change(pc.tenant_id, pc.id, lambda there: there.after(Event.GAVE_UP, at=at))


async def raised(notices: NoticeServices) -> None:
    overview = TenantOverview(
        tenant_id=things.TENANT_ID, last_refreshed_date_time=notices.hand.at, statuses={"failed": 2}
    )
    await notices.overviews.save_all([Stored(overview, "*")])
    await judge_tenant(notices, things.TENANT_ID)


async def test_an_hour_of_notices_is_one_mail(notices: NoticeServices, server: Server) -> None:
    await mailing(notices)
    for number in range(30):
        await fail(notices, number)
        notices.hand.advance(timedelta(minutes=1))
    await notices.until_quiet(limit=timedelta(minutes=20))
    assert server.mails == []
    await notices.until_quiet(limit=HOUR)
    ((to, mail),) = server.mails
    assert to == ["ada@example.com"]
    assert mail["Subject"] == "30 notices of the last hour"
    assert mail["From"] == "desk@example.com"
    assert mail.get_content().count("could not be built") == 30
    assert server.signed_in == [b"desk"]
    await fail(notices, 99)
    await notices.until_quiet(limit=2 * HOUR)
    assert server.subjects[1:] == ["The Cloud PC Everybody - Ada could not be built"]


async def test_an_alert_waits_for_no_digest_and_reaches_the_receivers_of_its_rule(
    notices: NoticeServices, server: Server
) -> None:
    channel = {"notificationChannelType": "email", "notificationReceivers": [{"contactInformation": "eve@example.com"}]}
    rule: AlertRule = system_rule(things.TENANT_ID, AlertRuleTemplate.PROVISION)
    channels = (NotificationChannel.model_validate(channel),)
    await notices.alert_rules.insert(rule.but(notification_channels=channels))
    await mailing(notices)
    notices.hand.advance(timedelta(minutes=1))
    await mailing(notices, "Others")
    await raised(notices)
    await notices.until_quiet(limit=timedelta(minutes=10))
    assert server.subjects == ["Alert: Builds fail"] * 2
    assert sorted(sorted(to) for to, _ in server.mails) == [["ada@example.com"], ["ada@example.com", "eve@example.com"]]


async def test_mail_is_in_the_language_of_its_endpoint(notices: NoticeServices, server: Server) -> None:
    made = await mailing(notices, locale="de-DE")
    tried = await endpoints.test_endpoint(notices.context(), made)
    assert tried.status is DeliveryStatus.DELIVERED
    assert server.subjects == ["Ein Test des Endpunkts f\u00fcr Benachrichtigungen Admins"]


async def test_mail_that_is_refused_for_now_comes_later_as_one(notices: NoticeServices, server: Server) -> None:
    server.says = "451 later"
    made = await mailing(notices)
    await fail(notices, 1)
    await notices.until_quiet(limit=2 * HOUR)
    (delivery,), _ = await notices.deliveries.page(things.TENANT_ID, made.id, 10)
    assert (delivery.status, delivery.last_status) == (DeliveryStatus.PENDING, 451)
    server.says = "250 OK"
    await fail(notices, 2)
    await notices.until_quiet(limit=timedelta(hours=12))
    assert len(server.mails) in {1, 2}
    assert "".join(mail.get_content() for _, mail in server.mails).count("could not be built") == 2


async def test_no_password_is_in_a_table_and_a_wrong_one_is_told(notices: NoticeServices, server: Server) -> None:
    made = await mailing(notices)
    assert PASSWORD in notices.paper_vault.kept.values()
    wrong = NoticeEndpointEdit.model_validate({"password": "not it"})
    stored = await notices.notice_endpoints.get(things.TENANT_ID, made.id)
    changed = (await endpoints.update_endpoint(notices.context(), stored, wrong)).value
    assert list(notices.paper_vault.kept.values()) == ["not it"]
    tried = await endpoints.test_endpoint(notices.context(), changed)
    assert (tried.last_status, server.mails) == (535, [])
    audited = [each.value.to_json() async for each in notices.audit.each(things.TENANT_ID)]
    kept = json.dumps([changed.to_json(), tried.to_json(), audited])
    assert PASSWORD not in kept
    assert "not it" not in kept


async def test_a_password_goes_to_no_other_server(notices: NoticeServices, server: Server) -> None:
    made = await mailing(notices)
    assert made.mail is not None
    other = NoticeEndpointEdit.model_validate({"mail": {**made.mail.to_json(), "host": "other.example"}})
    stored = await notices.notice_endpoints.get(things.TENANT_ID, made.id)
    with pytest.raises(InvalidError) as refused:
        await endpoints.update_endpoint(notices.context(), stored, other)
    assert [each.pointer for each in refused.value.problems] == ["/password"]
    assert server.mails == []


MAIL = Mail(id="4d1f3a52-6f0c-4d8a-9f43-0e0f3a7b2c11", to=("ada@example.com",), subject="A subject", text="A text")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "10.0.0.1", "169.254.169.254", "2130706433", "0x7f.1"])
async def test_no_server_in_a_private_network_is_reached(host: str, server: Server, tls: ssl.SSLContext) -> None:
    settings = MailSettings.model_validate(
        {"transport": "smtp", "host": host, "sender": "desk@example.com", "receivers": ["ada@example.com"]}
    )
    answer = await SmtpMail(tls=tls).send(settings, None, MAIL)
    assert (answer.ok, answer.detail) == (False, REFUSED)
    assert server.mails == []


async def test_nothing_is_sent_without_a_certificate_that_is_trusted(server: Server) -> None:
    settings = MailSettings.model_validate(
        {"transport": "smtp", "host": "localhost", "sender": "desk@example.com", "receivers": ["ada@example.com"]}
    )
    answer = await asyncio.wait_for(SmtpMail([LOOPBACK]).send(settings, PASSWORD, MAIL), 30)
    assert not answer.ok
    assert "certificate" in answer.detail.lower()
    assert server.signed_in == []
