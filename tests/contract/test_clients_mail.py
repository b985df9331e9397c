"""Mail by the clients of Azure Communication Services and of Graph, at the simulated ones."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from azure_simulator import seeds
from azure_simulator.certificates import Certificates
from azure_simulator.seeds import DOMAIN

from shared.clients.mail import CommunicationMail, send_by_graph
from shared.contracts.outcomes import DeclinedError
from shared.domain.notices.mail import Mail
from shared.errors import ThrottledError, UnavailableError
from tests.contract.worker import TENANT, Worker, working

SENDER = f"desk@{DOMAIN}"
MAIL = Mail(
    id="5c6b7c12-8f1c-4c5e-9d0f-0b1f3f0f7a11", to=("ann@contoso.example",), subject="One notice", text="It is ready."
)


def client(worker: Worker) -> CommunicationMail:
    deps = worker.deps
    return CommunicationMail(deps.credential, worker.cloud.url, SENDER, pacing=deps.pacing)


async def mails(worker: Worker) -> list[dict[str, object]]:
    found: list[dict[str, object]] = (await worker.cloud.call("GET", "/_sim/state?view=mail")).body["value"]
    return found


@pytest.fixture
async def mailing(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    """Run a worker whose identity may send mail by Graph, which a customer has to grant."""
    monkeypatch.setattr(seeds, "GRAPH_ROLES", (*seeds.GRAPH_ROLES, "Mail.Send"))
    async with working(certificates, monkeypatch) as made:
        yield made


async def test_a_mail_is_handed_over_once_also_when_it_is_sent_again(worker: Worker) -> None:
    sender = client(worker)
    for _ in range(2):
        await sender.send(MAIL)
    await sender.close()
    assert await mails(worker) == [
        {"by": "communication", "sender": SENDER, "to": [*MAIL.to], "subject": MAIL.subject, "text": MAIL.text}
    ]


async def test_a_domain_that_is_not_linked_is_refused_with_its_code(worker: Worker) -> None:
    await worker.cloud.sim("config", {"mail": {"domains": ["elsewhere.example"]}})
    sender = client(worker)
    with pytest.raises(DeclinedError, match="linked") as refused:
        await sender.send(MAIL)
    await sender.close()
    assert refused.value.refused.code == "DomainNotLinked"


async def test_the_service_takes_thirty_mails_a_minute(worker: Worker) -> None:
    await worker.cloud.sim("buckets/close", {"policy": "MailMinute", "seconds": 60})
    sender = client(worker)
    with pytest.raises((ThrottledError, UnavailableError)):
        await sender.send(MAIL)
    await sender.close()
    assert await mails(worker) == []


async def test_graph_refuses_an_app_without_mail_send(worker: Worker) -> None:
    with pytest.raises(DeclinedError):
        await send_by_graph(worker.deps.graph(TENANT), f"user01@{DOMAIN}", MAIL)
    assert await mails(worker) == []


async def test_graph_sends_from_a_mailbox(mailing: Worker) -> None:
    await send_by_graph(mailing.deps.graph(TENANT), f"user01@{DOMAIN}", MAIL)
    (mail,) = await mails(mailing)
    assert (mail["by"], mail["sender"], mail["to"]) == ("graph", f"user01@{DOMAIN}", [*MAIL.to])


async def test_graph_refuses_a_user_without_a_mailbox(mailing: Worker) -> None:
    await mailing.cloud.sim("config", {"mail": {"mailboxes": [f"user02@{DOMAIN}"]}})
    with pytest.raises(DeclinedError, match="mailbox"):
        await send_by_graph(mailing.deps.graph(TENANT), f"user01@{DOMAIN}", MAIL)
