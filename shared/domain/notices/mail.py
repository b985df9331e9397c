"""Mail: the ways in which it is sent, and who receives it. Pure.

Azure Communication Services take 30 mails a minute and 100 an hour with a domain of one's own
(learn.microsoft.com/azure/communication-services/concepts/service-limits), so that administrators get one digest an
hour; an alert is a mail of its own (docs/decisions/0229).
"""

import re
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from shared.domain.values import Counted, Value, distinct, wrong_at

MOST_RECEIVERS = 50
"""The most receivers of one mail of Azure Communication Services."""

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def _mail_address(value: str) -> str:
    if not is_mail_address(value):
        raise ValueError("write a mail address such as desk@example.com")
    return value


def is_mail_address(value: str) -> bool:
    """Whether a text is an address that mail can be sent to."""
    return _ADDRESS.fullmatch(value) is not None


def _host_name(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise ValueError("write the name of a host such as smtp.example.com")
    return value


MailAddress = Annotated[str, Field(max_length=320), AfterValidator(_mail_address)]


class MailTransport(StrEnum):
    """Ways in which mail is sent."""

    COMMUNICATION_SERVICES = "communicationServices"  # the service's own, as its operator has set it
    SMTP = "smtp"
    GRAPH = "graph"  # from a mailbox of the tenant's directory


class MailSettings(Value):
    """Settings of an endpoint that sends mail. *sender*: of SMTP, and the mailbox of Graph."""

    transport: MailTransport = MailTransport.COMMUNICATION_SERVICES
    receivers: Annotated[
        tuple[MailAddress, ...],
        Field(max_length=MOST_RECEIVERS, description="of the kind email"),
        Counted(),
        AfterValidator(distinct),
    ] = ()
    sender: MailAddress | None = None
    host: Annotated[str, Field(max_length=253), AfterValidator(_host_name)] | None = Field(
        None, description="server of SMTP; always with TLS"
    )
    port: Literal[465, 587] = Field(587, description="465: TLS from the beginning; 587: STARTTLS")
    user_name: Annotated[str, Field(min_length=1, max_length=320)] | None = None

    @property
    def signs_in_at(self) -> tuple[str | None, str | None]:
        """The server and the user name that a password is for."""
        return self.host, self.user_name

    @model_validator(mode="after")
    def _check_sender(self) -> "MailSettings":
        own = self.transport is not MailTransport.COMMUNICATION_SERVICES
        if own is (self.sender is None):
            raise wrong_at("sender", "name the sender of SMTP or Graph; the service has one of its own")
        if (self.transport is MailTransport.SMTP) is (self.host is None):
            raise wrong_at("host", "name the server of SMTP, and none for another transport")
        if self.user_name is not None and self.host is None:
            raise wrong_at("userName", "only SMTP has a user name")
        return self


class Mail(Value):
    """One mail. *id*: a UUID, the same when it is sent again after a crash."""

    id: str
    to: tuple[str, ...]
    subject: str
    text: str
