"""Requests of webhooks: signatures, redirects, addresses, times."""

import json
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from azure_simulator.certificates import Certificates
from standardwebhooks import Webhook, WebhookVerificationError

from shared.clients import webhooks as sending
from shared.clients.webhooks import REFUSED, Webhooks
from shared.domain.notices.endpoint import SECRETS_OVERLAP
from shared.services.notices import endpoints
from shared.storage.due import DueKind
from shared.storage.tables import Tables
from tests.integration import things
from tests.integration.conftest import TENANT_TABLES, Prepare
from tests.integration.receivers import LOOPBACK, NoticeServices, Receiver, listening
from tests.integration.services import in_place

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
async def receiver(certificates: Certificates) -> AsyncIterator[Receiver]:
    async with listening(certificates, Receiver()) as opened:
        yield opened


@pytest.fixture
async def notices(tables: Tables, prepare: Prepare, tls: ssl.SSLContext) -> AsyncIterator[NoticeServices]:
    await prepare(*TENANT_TABLES, "due", "audit", "intents", "noticeendpoints", "noticestates", "deliveries")
    services = NoticeServices(tables, tls)
    services.hand.at = datetime.now(UTC)  # the library of receivers compares with the machine's clock
    await services.tenants.insert(things.tenant())
    with in_place(services):
        yield services
    await services.sender.close()


async def test_the_library_of_receivers_verifies_what_is_sent(notices: NoticeServices, receiver: Receiver) -> None:
    made = await notices.endpoint(receiver)
    tried = await endpoints.test_endpoint(notices.context(), made.stored.value)
    ((id_, headers, body),) = receiver.got
    assert made.secret is not None
    assert Webhook(made.secret).verify(body, headers)["type"] == "endpoint.test"
    assert id_ == tried.event.id
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(body.replace(b"Desk", b"Disk"), headers)


async def test_two_secrets_sign_for_a_day_after_a_rotation(notices: NoticeServices, receiver: Receiver) -> None:
    made = await notices.endpoint(receiver)
    rotated = await endpoints.rotate_key(notices.context(), made.stored)
    assert made.secret
    assert rotated.secret
    await endpoints.test_endpoint(notices.context(), rotated.stored.value)
    _, headers, body = receiver.got[-1]
    for secret in (made.secret, rotated.secret):
        Webhook(secret).verify(body, headers)
    assert len(notices.paper_vault.kept) == 3
    notices.hand.advance(SECRETS_OVERLAP + timedelta(minutes=1))
    await notices.sweep()
    assert len(notices.paper_vault.kept) == 2
    now = (await notices.notice_endpoints.get(things.TENANT_ID, made.stored.value.id)).value
    assert now.previous_secret_url is None
    assert await notices.due.due(DueKind.DELIVER, notices.hand.at + timedelta(days=9)) == []


async def test_no_secret_and_no_address_is_in_a_table(notices: NoticeServices, receiver: Receiver) -> None:
    made = await notices.endpoint(receiver)
    await endpoints.test_endpoint(notices.context(), made.stored.value)
    kept = json.dumps(
        [
            made.stored.value.to_json(),
            [each.value.to_json() async for each in notices.audit.each(things.TENANT_ID)],
            [each.to_json() for each in (await notices.deliveries.page(things.TENANT_ID, made.stored.value.id, 9))[0]],
        ]
    )
    assert made.secret is not None
    assert made.secret not in kept
    assert "sig=secret" not in kept
    assert set(notices.paper_vault.kept.values()) == {
        made.secret,
        f"https://localhost:{receiver.port}/notices?sig=secret",
    }


async def test_a_redirect_is_not_followed(notices: NoticeServices, receiver: Receiver) -> None:
    receiver.answer = lambda _id, _nth: web.Response(status=307, headers={"Location": "https://localhost/elsewhere"})
    made = await notices.endpoint(receiver)
    tried = await endpoints.test_endpoint(notices.context(), made.stored.value)
    assert len(receiver.got) == 1
    assert tried.last_error == "it answered with a redirect, which is not followed"


async def test_no_text_of_a_receiver_is_kept(notices: NoticeServices, receiver: Receiver) -> None:
    receiver.answer = lambda _id, _nth: web.Response(status=500, text="<script>your token is s3cret</script>")
    made = await notices.endpoint(receiver)
    tried = await endpoints.test_endpoint(notices.context(), made.stored.value)
    assert tried.last_error == "it answered 500"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "224.0.0.1",
        "[::1]",
        "[fe80::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "2130706433",
        "0x7f.1",
        "127.1",
    ],
)
async def test_nothing_is_sent_to_an_address_in_place_of_a_name(
    host: str, receiver: Receiver, tls: ssl.SSLContext
) -> None:
    sender = Webhooks(tls=tls)
    answer = await sender.post(f"https://{host}:{receiver.port}/", b"{}", {}, NOW)
    await sender.close()
    assert not answer.ok
    assert answer.detail in {REFUSED, "no connection: the address is not valid"}
    assert receiver.got == []


async def test_a_name_with_one_private_address_among_others_is_refused(receiver: Receiver, tls: ssl.SSLContext) -> None:
    asked = []

    async def resolve(host: str, port: int, family: int) -> list[str]:
        asked.append((host, port, family))
        return ["93.184.216.34", "127.0.0.1"]

    sender = Webhooks(tls=tls, resolve=resolve)
    answer = await sender.post(f"https://localhost:{receiver.port}/", b"{}", {}, NOW)
    await sender.close()
    assert asked
    assert answer.detail == REFUSED
    assert receiver.got == []


async def test_an_address_is_judged_when_the_connection_is_made_too(
    receiver: Receiver, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is judged as public and then leads elsewhere reaches nothing."""
    judged = []

    def public_at_first(text: str, allowed: object = ()) -> bool:
        judged.append(text)
        return len(judged) > 1

    async def resolve(host: str, port: int, family: int) -> list[str]:
        del host, port, family
        return ["127.0.0.1"]

    monkeypatch.setattr(sending, "is_refused", public_at_first)
    sender = Webhooks(tls=tls, resolve=resolve)
    answer = await sender.post(f"https://localhost:{receiver.port}/", b"{}", {}, NOW)
    await sender.close()
    assert judged == ["127.0.0.1", "127.0.0.1"]
    assert answer.detail == REFUSED
    assert receiver.got == []


async def test_the_name_is_in_the_handshake_and_in_the_request(receiver: Receiver, tls: ssl.SSLContext) -> None:
    async def resolve(host: str, port: int, family: int) -> list[str]:
        assert host in {"localhost", "other.example"}
        del port, family
        return ["127.0.0.1"]

    sender = Webhooks([LOOPBACK], tls=tls, resolve=resolve)
    assert (await sender.post(f"https://localhost:{receiver.port}/", b"{}", {}, NOW)).ok
    wrong = await sender.post(f"https://other.example:{receiver.port}/", b"{}", {}, NOW)
    await sender.close()
    assert receiver.got[0][1]["Host"] == f"localhost:{receiver.port}"
    assert "certificate" in wrong.detail


async def test_a_receiver_that_hangs_has_one_short_time(
    receiver: Receiver, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SEND_WITHIN", timedelta(seconds=1))
    receiver.pause = 30
    sender = Webhooks([LOOPBACK], tls=tls)
    answer = await sender.post(f"https://127.0.0.1:{receiver.port}/", b"{}", {}, NOW)
    await sender.close()
    assert (answer.ok, answer.of_all) == (False, True)
    assert answer.detail == "no answer within 1 seconds"


async def test_plain_http_is_refused(tls: ssl.SSLContext) -> None:
    answer = await Webhooks(tls=tls).post("http://example.com/", b"{}", {}, NOW)
    assert answer.detail == "the address does not begin with https://"
