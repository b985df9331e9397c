"""A real server of SMTP on this machine, with TLS and a password."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from azure_simulator.certificates import Certificates

from shared.clients import mail as sending

PASSWORD = "a password of SMTP"


@dataclass
class Server:
    """A server of SMTP on this machine, and the mails that it took. *says*: the answer to each mail.

    *refuses*: the answers to receivers that it takes no mail for.
    """

    port: int = 0
    says: str = "250 OK"
    refuses: dict[str, str] = field(default_factory=dict)
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    signed_in: list[bytes] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        del server, session, options
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        del server, session
        if self.says.startswith("250"):
            read: Any = message_from_bytes(envelope.content, policy=policy.default)
            self.mails.append((envelope.rcpt_tos, read))
        return self.says

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, given: LoginPassword) -> Any:
        del server, session, envelope, mechanism
        self.signed_in.append(given.login)
        return AuthResult(success=given.password == PASSWORD.encode(), handled=False)

    @property
    def subjects(self) -> list[str]:
        return [str(message["Subject"]) for _, message in self.mails]


@asynccontextmanager
async def serving_mail(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    """Open a server, to which every connection to a server of SMTP goes."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.server, certificates.server_key)
    opened = Server()

    def connection() -> SMTP:
        options: dict[str, Any] = {"tls_context": tls, "require_starttls": True, "auth_required": True}
        return SMTP(opened, hostname="localhost", authenticator=opened.authenticate, **options)

    listening = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0)
    opened.port = listening.sockets[0].getsockname()[1]
    plain = sending._JudgedSmtp._get_socket
    monkeypatch.setattr(  # a test may not listen on 587
        sending._JudgedSmtp, "_get_socket", lambda self, host, _port, timeout: plain(self, host, opened.port, timeout)
    )
    yield opened
    listening.close()
