"""Addresses by which an attacker would bring a webhook into the provider's network; each reaches nothing."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import web
from azure_simulator.certificates import Certificates
from pydantic import ValidationError

from shared.clients.webhooks import REFUSED, Webhooks
from shared.domain.notices.endpoint import NoticeEndpointForm
from tests.integration.receivers import LOOPBACK, Receiver, listening

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
async def receiver(certificates: Certificates) -> AsyncIterator[Receiver]:
    async with listening(certificates, Receiver()) as opened:
        yield opened


@pytest.mark.parametrize(
    "host",
    [
        "[::ffff:7f00:1]",  # IPv4-mapped, in hexadecimal
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[::127.0.0.1]",  # IPv4-compatible
        "[64:ff9b::7f00:1]",  # through NAT64
        "[2002:7f00:1::]",  # 6to4
        "[::]",
        "[fe80::1%25lo]",  # with a zone
        "[fd00:ec2::254]",
        "0177.0.0.1",  # octal
        "0x7f000001",
        "017700000001",
        "127.0.1",
        "127.0.0.1.",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "\uff11\uff12\uff17.0.0.1",  # fullwidth digits, which IDNA makes plain
        "127\u30020\u30020\u30021",  # ideographic full stops
        "\u2460\u2461\u2466.0.0.1",  # digits in circles
        "\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3",  # localhost in circles
        "xn--127-.0.0.1",
    ],
)
async def test_no_writing_of_an_address_leads_to_this_machine(
    host: str, receiver: Receiver, tls: ssl.SSLContext
) -> None:
    sender = Webhooks(tls=tls)
    answer = await sender.post(f"https://{host}:{receiver.port}/", b"{}", {}, NOW)
    await sender.close()
    assert not answer.ok
    assert answer.status is None
    assert receiver.got == []


@pytest.mark.parametrize(
    "address",
    [
        "https://user@example.com/",
        "https://user:secret@example.com/",
        "https://example.com\\@127.0.0.1/",
        "https://example.com:22/",
        "https://example.com:0/",
        "https://example.com:445/",
        "https://example.com:70000/",
        "https://example.com:x/",
        "https:///path",
        "https://",
        "https://[::1",
        "http://example.com/",
        "//example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "https://example.com/#part",
    ],
)
def test_a_form_with_such_an_address_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        NoticeEndpointForm.model_validate({"displayName": "Desk", "address": address})


async def test_a_proxy_of_the_environment_is_not_used(
    receiver: Receiver, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would resolve and connect itself, and nothing would be judged."""
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    place = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, place)
    sender = Webhooks([LOOPBACK], tls=tls)
    answer = await sender.post(f"https://localhost:{receiver.port}/", b"{}", {}, NOW)
    await sender.close()
    server.close()
    assert answer.ok
    assert len(receiver.got) == 1
    assert asked == []


async def test_a_name_that_changes_its_address_between_two_tries_is_judged_each_time(
    receiver: Receiver, tls: ssl.SSLContext
) -> None:
    """DNS rebinding: the first answer is public, the next one is this machine."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1", "93.184.216.34"], ["::ffff:127.0.0.1"]])
    connected: list[str] = []

    class Watched(Webhooks):
        def _socket(self, info: object) -> socket.socket:
            made = super()._socket(info)
            connected.append(str(info))
            made.close()
            raise OSError("nothing leaves in a test")

    async def resolve(host: str, port: int, family: int) -> list[str]:
        del host, port, family
        return next(answers)

    sender = Watched(tls=tls, resolve=resolve)
    details = [(await sender.post("https://rebound.example/", b"{}", {}, NOW)).detail for _ in range(4)]
    await sender.close()
    assert details[0].startswith("no connection")
    assert details[1:] == [REFUSED] * 3
    assert len(connected) == 1
    assert "93.184.216.34" in connected[0]
    assert receiver.got == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(receiver: Receiver, tls: ssl.SSLContext, status: int) -> None:
    receiver.answer = lambda _id, _nth: web.Response(status=status, headers={"Location": "https://169.254.169.254/"})
    sender = Webhooks([LOOPBACK], tls=tls)
    answer = await sender.post(f"https://localhost:{receiver.port}/", b"{}", {}, NOW)
    await sender.close()
    assert (answer.ok, answer.status, len(receiver.got)) == (False, status, 1)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_receiver_that_throttles_is_left_alone_as_a_whole(
    receiver: Receiver, tls: ssl.SSLContext, status: int
) -> None:
    receiver.answer = lambda _id, _nth: web.Response(status=status, headers={"Retry-After": "120"})
    sender = Webhooks([LOOPBACK], tls=tls)
    answer = await sender.post(f"https://localhost:{receiver.port}/", b"{}", {}, NOW)
    await sender.close()
    assert (answer.ok, answer.of_all, answer.wait and answer.wait.total_seconds()) == (False, True, 120)
