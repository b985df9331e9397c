"""`POST /emails:send` and `GET /emails/operations/{id}`: mail as a long-running operation.

The operation has the id of the header `Operation-Id`, or one of its own. An id that is there already is refused: users
of the .NET client saw 400s for repeated requests (github.com/Azure/azure-sdk-for-net/issues/50889); the code is a
guess.
`config.mail`: `denied` (no caller has a role), `domains` (those that are linked; empty: all), `fails` (receivers
that get nothing).
Source: learn.microsoft.com/rest/api/communication/email/email/send (2025-09-01, 2023-03-31) and
/azure/communication-services/concepts/service-limits: 30 mails a minute and 100 an hour of a subscription with a domain
of its own, 50 receivers, 10 MB.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.planes import Plane
from azure_simulator.core.routing import Routes
from azure_simulator.core.throttling import Charge
from azure_simulator.core.times import SECOND
from azure_simulator.mail.sent import Handed, sent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call

ROUTES = Routes("communication")
_VERSIONS = frozenset({"2023-03-31", "2024-07-01-preview", "2025-09-01"})
_MOST_RECEIVERS = 50
_LASTS_S = 5
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class MailPlane(Plane):
    """The data plane of one resource of Communication Services."""

    name = "communication"
    prefixes = frozenset({"emails:send", "emails"})
    audiences = frozenset({"https://communication.azure.com"})

    def check(self, call: Call) -> None:
        """Refuse an unknown api-version, and callers without a role."""
        if call.query.get("api-version", "") not in _VERSIONS:
            raise Problem(400, "UnsupportedApiVersion", "The api-version is not supported.")
        if call.world.config.get("mail", {}).get("denied"):
            raise Problem(403, "Denied", "Denied by the resource provider.")

    def charges(self, call: Call) -> Iterator[Charge]:
        """Charge a mail: thirty a minute and a hundred an hour."""
        if call.route.name == "mail.send":
            yield Charge("MailMinute", "subscription", 30, 30 / 60)
            yield Charge("MailHour", "subscription", 100, 100 / 3600)


@ROUTES.operation("mail.send", "POST", "/emails:send")
def send(call: Call) -> Answer:
    """Queue a mail."""
    body, mails = call.object(), sent(call.world).mails
    id_ = _operation_id(call)
    if id_ in mails:
        raise Problem(400, "BadRequest", "An operation with this id exists.")
    sender, to, content = body.get("senderAddress"), _receivers(body), body.get("content")
    if not isinstance(sender, str) or not _ADDRESS.fullmatch(sender):
        raise Problem(400, "InvalidSender", "The sender address is not valid.")
    linked = call.world.config.get("mail", {}).get("domains", ())
    if linked and sender.rpartition("@")[2] not in linked:
        raise Problem(404, "DomainNotLinked", "The specified sender domain has not been linked.")
    if not isinstance(content, dict) or not content.get("subject"):
        raise Problem(400, "BadRequest", "The subject is required.")
    if not (content.get("plainText") or content.get("html")):
        raise Problem(400, "BadRequest", "At least one of plainText and html is required.")
    fails = set(call.world.config.get("mail", {}).get("fails", ()))
    mails[id_] = Handed(
        by="communication",
        sender=sender,
        to=to,
        subject=str(content["subject"]),
        text=str(content.get("plainText") or ""),
        at_us=call.now_us,
        ends_us=call.now_us + _LASTS_S * SECOND,
        fails=bool(fails & set(to)),
    )
    place = f"{call.base}/emails/operations/{id_}?api-version={call.query['api-version']}"
    headers = {"Operation-Location": place, "retry-after": str(_LASTS_S)}
    return Answer({"id": id_, "status": "Running", "error": None}, 202, headers)


@ROUTES.operation("mail.status", "GET", "/emails/operations/{id}")
def status(call: Call) -> Answer:
    """Return the status of a mail's operation."""
    found = sent(call.world).mails.get(call.param("id").lower())
    if found is None or found.by != "communication":
        raise Problem(404, "NotFound", "The operation was not found.")
    if call.now_us < found.ends_us:
        return Answer({"id": call.param("id"), "status": "Running", "error": None}, 200, {"retry-after": "5"})
    error = {"code": "EmailDroppedAllRecipientsSuppressed", "message": "Message dropped."} if found.fails else None
    return Answer({"id": call.param("id"), "status": "Failed" if found.fails else "Succeeded", "error": error})


def _operation_id(call: Call) -> str:
    given = call.headers.get("operation-id", "")
    if not given:
        return str(call.world.guid("mail", call.world.attempt("mail.send", "")))
    try:
        return str(UUID(given))
    except ValueError as problem:
        raise Problem(400, "BadRequest", "The Operation-Id is no UUID.") from problem


def _receivers(body: Json) -> tuple[str, ...]:
    """Return the addresses of all receivers; raise the 400 where one is not valid."""
    recipients: Any = body.get("recipients")
    each = recipients if isinstance(recipients, dict) else {}
    found = [one for kind in ("to", "cc", "bcc") for one in each.get(kind) or ()]
    addresses = tuple(str(one.get("address")) for one in found if isinstance(one, dict))
    if not addresses or not all(_ADDRESS.fullmatch(one) for one in addresses):
        raise Problem(400, "InvalidRecipients", "At least one valid receiver is required.")
    if len(addresses) > _MOST_RECEIVERS:
        raise Problem(400, "BadRequest", "The number of receivers exceeds the limit of 50.")
    return addresses
