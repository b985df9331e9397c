"""`POST /users/{id}/sendMail`: a mail from somebody's mailbox.

`config.mail.mailboxes`: the principal names that have a mailbox; empty: all users have one.
Source: learn.microsoft.com/graph/api/user-sendmail and /exchange/client-developer/exchange-web-services/
ews-throttling-in-exchange (30 messages a minute of a mailbox). Access policies of Exchange, which limit an app to some
mailboxes, are not simulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.graph.protocol.operations import operation
from azure_simulator.graph.resources.users import find_user
from azure_simulator.mail.sent import Handed, sent

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call


@operation("user.sendMail", "POST", "/users/{id}/sendMail", roles="Mail.Send")
def send_mail(call: Call) -> Answer:
    """Send a mail; nothing is returned."""
    user, message = find_user(call, call.param("id")), call.object().get("message")
    name = str(user["userPrincipalName"])
    mailboxes = call.world.config.get("mail", {}).get("mailboxes", ())
    if mailboxes and name.lower() not in {each.lower() for each in mailboxes}:
        text = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
        raise Problem(404, "MailboxNotEnabledForRESTAPI", text)
    if not isinstance(message, dict):
        raise Problem(400, "ErrorInvalidRequest", "The request has no message.")
    to = _receivers(message)
    if not to:
        text = "At least one recipient isn't valid., A message can't be sent because it contains no recipients."
        raise Problem(400, "ErrorInvalidRecipients", text)
    content: Any = message.get("body") or {}
    mails = sent(call.world).mails
    mails[f"graph/{len(mails)}"] = Handed(
        by="graph",
        sender=name,
        to=to,
        subject=str(message.get("subject") or ""),
        text=str(content.get("content") or ""),
        at_us=call.now_us,
        ends_us=call.now_us,
    )
    return Answer(status=202)


def _receivers(message: dict[str, Any]) -> tuple[str, ...]:
    kinds = ("toRecipients", "ccRecipients", "bccRecipients")
    each = [one.get("emailAddress", {}) for kind in kinds for one in message.get(kind) or () if isinstance(one, dict)]
    return tuple(str(one["address"]) for one in each if one.get("address"))
