"""Mail over SMTP, Azure Communication Services or Microsoft Graph: one interface, one try, nothing raised by SMTP.

SMTP always has TLS, and its server is judged as a webhook's is: its name is resolved here, every address is judged, and
the connection goes to a judged one (docs/decisions/0180).
"""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shared.clients.buckets import Bucket
from shared.clients.webhooks import REFUSED, RefusedAddressError, failure_kind
from shared.contracts.outcomes import DeclinedError, MissingError
from shared.domain.notices.addresses import Network, is_refused
from shared.domain.notices.delivery import Tried
from shared.domain.rate_limiter import Limit

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from shared.clients.graph import Graph
    from shared.clients.pacing import Pacing
    from shared.domain.notices.mail import Mail, MailSettings

_SCOPE = "https://communication.azure.com//.default"
_API_VERSION = "2025-09-01"
_TLS_FROM_BEGINNING = 465
_WITHIN = 20.0
_PER_MINUTE, _PER_HOUR = Limit(30 / 60, 30), Limit(100 / 3600, 100)
"""learn.microsoft.com/azure/communication-services/concepts/service-limits: of a subscription, with an own domain."""


class CommunicationMail:
    """Mail by Azure Communication Services, with the managed identity. Raises: as shared.clients.pipeline."""

    def __init__(self, credential: AsyncTokenCredential, url: str, sender: str, *, pacing: Pacing) -> None:
        from azure.communication.email.aio import EmailClient

        from shared.clients.pipeline import cloud_policies, transport

        buckets = (Bucket("mail/minute", _PER_MINUTE, 1), Bucket("mail/hour", _PER_HOUR, 1))
        self._sender = sender
        self._client: Any = EmailClient(
            url,
            credential,
            policies=cloud_policies(credential, _SCOPE, pacing=pacing, limits=lambda _method, _url, _region: buckets),
            transport=transport(),
        )

    async def send(self, mail: Mail) -> None:
        """Hand over a mail. Its id is the operation's, so that a repeated mail is recognised.

        An id that is there already may be refused: then its operation says whether the mail is on its way.
        """
        message = {
            "senderAddress": self._sender,
            "recipients": {"to": [{"address": each} for each in mail.to]},
            "content": {"subject": mail.subject, "plainText": mail.text},
            "userEngagementTrackingDisabled": True,
        }
        try:
            await self._client.begin_send(message, operation_id=mail.id, polling=False)
        except DeclinedError:
            if not await self._is_on_its_way(mail.id):
                raise

    async def _is_on_its_way(self, operation_id: str) -> bool:
        from azure.core.rest import HttpRequest

        place = f"/emails/operations/{operation_id}"
        request = HttpRequest("GET", place, params={"api-version": _API_VERSION})
        try:
            response = await self._client.send_request(request)
        except MissingError:
            return False
        return response.json().get("status") in {"NotStarted", "Running", "Succeeded"}

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


async def send_by_graph(graph: Graph, sender: str, mail: Mail) -> None:
    """Send a mail from a mailbox of a directory. Raises: as shared.clients.pipeline.

    Source: learn.microsoft.com/graph/api/user-sendmail; the app needs ``Mail.Send`` for this mailbox.
    """
    message = {
        "subject": mail.subject,
        "body": {"contentType": "Text", "content": mail.text},
        "toRecipients": [{"emailAddress": {"address": each}} for each in mail.to],
    }
    body = {"message": message, "saveToSentItems": False}
    await graph.request("POST", f"/v1.0/users/{quote(sender, safe='')}/sendMail", body=body)


class SmtpMail:
    """Mail by a server of SMTP. *allowed*: networks that the operator has named although they are not public."""

    def __init__(self, allowed: Sequence[Network] = (), *, tls: ssl.SSLContext | None = None) -> None:
        self._allowed, self._tls = allowed, tls

    async def send(self, settings: MailSettings, password: str | None, mail: Mail) -> Tried:
        """Send a mail once, and return how that ended; nothing is raised. The thread ends by its own time-outs."""
        try:
            await asyncio.to_thread(self._send, settings, password, mail)
        except RefusedAddressError:
            return Tried(ok=False, detail=REFUSED, of_all=True)
        except smtplib.SMTPResponseException as error:
            return Tried(ok=False, status=error.smtp_code, detail=f"it answered {error.smtp_code}")
        except smtplib.SMTPRecipientsRefused as error:
            refused = ", ".join(sorted(error.recipients))
            status = max((code for code, _ in error.recipients.values()), default=None)
            return Tried(ok=False, status=status, detail=f"it refused the receivers {refused}"[:200])
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return Tried(ok=False, detail=f"no mail: {failure_kind(error)}", of_all=True)
        return Tried(ok=True)

    def _send(self, settings: MailSettings, password: str | None, mail: Mail) -> None:
        message = EmailMessage()
        message["From"], message["To"] = str(settings.sender), ", ".join(mail.to)
        message["Subject"], message["Date"] = mail.subject, formatdate()
        message["Message-ID"] = f"<{mail.id}@deskwright>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        context = self._tls or ssl.create_default_context()
        with _JudgedSmtp(str(settings.host), settings.port, self._allowed, context) as server:
            if settings.port != _TLS_FROM_BEGINNING:
                server.starttls(context=context)
            if settings.user_name is not None and password is not None:
                server.login(settings.user_name, password)
            server.send_message(message)


class _JudgedSmtp(smtplib.SMTP):
    """A connection to a server whose addresses are all judged before one of them is connected to."""

    def __init__(self, host: str, port: int, allowed: Sequence[Network], tls: ssl.SSLContext) -> None:
        self._allowed, self._context = allowed, tls
        super().__init__(host, port, local_hostname="deskwright", timeout=_WITHIN)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        if any(is_refused(str(place[0]), self._allowed) for *_, place in found):
            raise RefusedAddressError(REFUSED)
        failed: OSError | None = None
        for family, kind, protocol, _, place in found:
            made = socket.socket(family, kind, protocol)
            made.settimeout(timeout)
            try:
                made.connect(place)
                return self._context.wrap_socket(made, server_hostname=host) if port == _TLS_FROM_BEGINNING else made
            except OSError as error:
                made.close()
                failed = error
        raise failed or OSError("the server has no address")
