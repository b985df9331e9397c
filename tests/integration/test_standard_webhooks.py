"""Webhooks verified by the libraries of Standard Webhooks that receivers use: Python's and JavaScript's.

Each judge verifies real requests over TLS, and refuses them once they are changed.
"""

import json
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure_simulator.certificates import Certificates
from standardwebhooks import Webhook, WebhookVerificationError

from local import node
from shared.domain.notices.endpoint import SECRETS_OVERLAP
from shared.services.notices import endpoints
from shared.storage.tables import Tables
from tests.house.tree import ROOT
from tests.integration import things
from tests.integration.conftest import TENANT_TABLES, Prepare
from tests.integration.receivers import NoticeServices, Receiver, listening
from tests.integration.services import in_place
from tests.standard_webhooks.environment import LIBRARY, SOURCES


@dataclass(frozen=True)
class Request:
    """A request as a receiver has it, and the secret by which it is verified."""

    secret: str
    headers: dict[str, str]
    body: str


Judge = Callable[[list[Request]], list[Any]]
"""Returns for each request what it says, None where the library refuses it."""


def by_python(requests: list[Request]) -> list[Any]:
    def verified(each: Request) -> Any:
        try:
            return Webhook(each.secret).verify(each.body, each.headers)
        except WebhookVerificationError:
            return None

    return [verified(each) for each in requests]


def by_javascript(requests: list[Request]) -> list[Any]:
    if not LIBRARY.exists():
        pytest.skip("the library for JavaScript is not installed: make .tools/standard-webhooks/installed")
    cases = [{"secret": each.secret, "headers": each.headers, "body": each.body} for each in requests]
    done = subprocess.run(
        [node.find(ROOT / ".tools").node, str(SOURCES / "verify.cjs")],
        input=json.dumps({"library": str(LIBRARY), "cases": cases}),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    said = json.loads(done.stdout)
    assert {each["refused"] for each in said if "refused" in each} <= {"WebhookVerificationError"}
    return [each.get("verified") for each in said]


JUDGES = [
    pytest.param(by_python, id="python"),
    pytest.param(by_javascript, id="javascript", marks=pytest.mark.long),
]


@pytest.fixture
async def receiver(certificates: Certificates) -> AsyncIterator[Receiver]:
    async with listening(certificates, Receiver()) as opened:
        yield opened


@pytest.fixture
async def notices(tables: Tables, prepare: Prepare, tls: ssl.SSLContext) -> AsyncIterator[NoticeServices]:
    await prepare(*TENANT_TABLES, "due", "audit", "intents", "noticeendpoints", "noticestates", "deliveries")
    services = NoticeServices(tables, tls)
    services.hand.at = datetime.now(UTC)  # the libraries compare with the machine's clock
    await services.tenants.insert(things.tenant())
    with in_place(services):
        yield services
    await services.sender.close()


def last(receiver: Receiver, secret: str | None) -> Request:
    """Return the request that came last."""
    assert secret is not None
    _, headers, body = receiver.got[-1]
    wire = {name: value for name, value in headers.items() if name.startswith("webhook-")}
    return Request(secret, wire, body.decode())


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("written_as", ["standardWebhooks", "cloudEvents"])
async def test_a_receiver_verifies_each_format_and_refuses_each_change(
    notices: NoticeServices, receiver: Receiver, judge: Judge, written_as: str
) -> None:
    made = await notices.endpoint(receiver, "B\u00fcro \u2013 Desk", format=written_as)
    await endpoints.test_endpoint(notices.context(), made.stored.value)
    sent = last(receiver, made.secret)
    old = str(int(sent.headers["webhook-timestamp"]) - 600)
    changed = [
        Request(sent.secret, sent.headers, sent.body.replace("Desk", "Disk")),
        Request(sent.secret, {**sent.headers, "webhook-id": "other"}, sent.body),
        Request(sent.secret, {**sent.headers, "webhook-timestamp": old}, sent.body),
        Request("whsec_" + "A" * 44, sent.headers, sent.body),
    ]
    said, *refused = judge([sent, *changed])
    assert said == json.loads(sent.body)
    assert said["data"]["displayName"] == "B\u00fcro \u2013 Desk"
    assert refused == [None] * len(changed)


@pytest.mark.parametrize("judge", JUDGES)
async def test_two_signatures_verify_with_either_secret_until_the_rotation_is_over(
    notices: NoticeServices, receiver: Receiver, judge: Judge
) -> None:
    made = await notices.endpoint(receiver)
    rotated = await endpoints.rotate_key(notices.context(), made.stored)
    await endpoints.test_endpoint(notices.context(), rotated.stored.value)
    both = [last(receiver, made.secret), last(receiver, rotated.secret)]
    assert len(both[0].headers["webhook-signature"].split(" ")) == 2
    assert [said["type"] for said in judge(both)] == ["endpoint.test"] * 2
    # The end of the rotation lies in the past for the service, so that the libraries take the time of the request.
    ended = rotated.stored.value.but(previous_until=notices.hand.at - timedelta(seconds=1))
    assert rotated.stored.value.previous_until == notices.hand.at + SECRETS_OVERLAP
    await endpoints.test_endpoint(notices.context(), ended)
    old, new = judge([last(receiver, made.secret), last(receiver, rotated.secret)])
    assert old is None
    assert new["type"] == "endpoint.test"
