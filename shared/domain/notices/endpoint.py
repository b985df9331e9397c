"""Endpoints: where a tenant's notices go, and the forms by which administrators write them."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from shared.domain.languages import Locale
from shared.domain.notices.mail import MailSettings
from shared.domain.values import Id, Label, Value, distinct, when_written, wrong_at

SECRETS_OVERLAP = timedelta(hours=24)
"""Time for which both secrets sign after a rotation."""

_HTTPS_PORT = 443


class EndpointKind(StrEnum):
    """Ways in which notices are sent."""

    WEBHOOK = "webhook"
    TEAMS = "teams"  # an Adaptive Card to the webhook of a workflow
    EMAIL = "email"  # a digest an hour, and a mail for each alert
    USERS = "users"  # mail to the users of Cloud PCs, of what happens to their own; a tenant has one at most


MAILING = frozenset({EndpointKind.EMAIL, EndpointKind.USERS})
"""Kinds of endpoints that send mail."""


class NoticeFormat(StrEnum):
    """Formats of the body of a webhook."""

    STANDARD = "standardWebhooks"
    CLOUD_EVENTS = "cloudEvents"


class DisabledReason(StrEnum):
    """Reasons why the service itself has disabled an endpoint."""

    TRIES_USED_UP = "triesUsedUp"
    GONE = "gone"  # it has answered 410


class EndpointDisabled(Value):
    """The reason and the time at which the service has disabled an endpoint."""

    reason: DisabledReason
    message: str
    at: datetime


def _public_https(value: str) -> str:
    """Refuse an address that no webhook may have; its host is judged when it is resolved and connected to."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise ValueError("write an address such as https://example.com/hooks") from error
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("must begin with https:// and name a host")
    if parts.username or parts.password:
        raise ValueError("leave out name and password; notices are signed")
    if parts.fragment:
        raise ValueError("leave out the part behind #")
    if port is not None and port != _HTTPS_PORT and port < 1024:  # noqa: PLR2004 - the ports of other services
        raise ValueError("use port 443, or one from 1024 on")
    return value


Address = Annotated[str, Field(max_length=2000), AfterValidator(_public_https)]


def _known_type(value: str) -> str:
    from shared.domain.notices.events import CHOSEN  # which know this record

    if value not in CHOSEN:
        raise ValueError("there is no such type of events; GET eventTypes lists them")
    return value


EventTypes = Annotated[
    tuple[Annotated[str, Field(max_length=100), when_written(_known_type)], ...],
    Field(max_length=50, description="types of events that are sent; none: all"),
    AfterValidator(distinct),
]


Password = Annotated[str, Field(min_length=1, max_length=500)]
_SECRET: dict[str, Any] = {"repr": False, "json_schema_extra": {"writeOnly": True}}


class NoticeEndpointForm(Value):
    """A new endpoint."""

    display_name: Label
    kind: EndpointKind = EndpointKind.WEBHOOK
    address: Address | None = Field(
        None,
        description="https address that notices are posted to; kept in the vault; only its host is shown",
        **_SECRET,
    )
    mail: MailSettings | None = Field(None, description="of the kinds email and users, in place of an address")
    password: Password | None = Field(None, description="of SMTP; kept in the vault", **_SECRET)
    event_types: EventTypes = ()
    format: NoticeFormat = NoticeFormat.STANDARD
    locale: Locale = Locale.ENGLISH
    enabled: bool = True

    @model_validator(mode="after")
    def _check_kind(self) -> "NoticeEndpointForm":
        mails = self.kind in MAILING
        if mails is (self.address is not None):
            raise wrong_at("address", "leave it out for mail" if mails else "write an https address")
        if mails is not (self.mail is not None):
            raise wrong_at("mail", "say how mail is sent" if mails else "only an endpoint that mails has it")
        if self.mail is not None and (why := wrong_receivers(self.kind, self.mail)):
            raise wrong_at("mail", why)
        if (self.password is not None) is not (self.mail is not None and self.mail.user_name is not None):
            raise wrong_at("password", "SMTP with a user name has a password, and nothing else")
        return self


def wrong_receivers(kind: EndpointKind, mail: MailSettings) -> str | None:
    """Return the problem of the receivers of an endpoint for mail, or None if there is none."""
    if kind is EndpointKind.USERS:
        return "leave out the receivers: each user gets their own mail" if mail.receivers else None
    return None if mail.receivers else "name the receivers"


class NoticeEndpointEdit(Value):
    """Changes of an endpoint; properties that are left out stay. *enabled* true also takes back ``disabled``."""

    display_name: Label | None = None
    address: Address | None = Field(None, **_SECRET)
    mail: MailSettings | None = None
    password: Password | None = Field(None, **_SECRET)
    event_types: EventTypes | None = None
    format: NoticeFormat | None = None
    locale: Locale | None = None
    enabled: bool | None = None


class ReplayForm(Value):
    """Choice of the events that are sent again: by *event_ids*, or by a period and the endpoint's filter."""

    event_ids: Annotated[tuple[Id, ...], Field(max_length=100), AfterValidator(distinct)] = ()
    since: datetime | None = Field(None, description="left out: all that are kept, of seven days")
    until: datetime | None = None
    only_failed: bool = Field(False, description="only deliveries that have failed")


class NoticeEndpoint(Value):
    """An endpoint. *address*: its host, which is shown; *address_secret_url*: the whole address, in the vault.

    *secret_url*: the key that signs, or the password of SMTP; *previous_secret_url*: the key before, which signs until
    *previous_until*.
    """

    id: str
    tenant_id: str
    display_name: str
    kind: EndpointKind
    address: str = ""
    mail: MailSettings | None = None
    address_secret_url: str | None = None
    secret_url: str | None = None
    key_set_at: datetime | None = None
    previous_secret_url: str | None = None
    previous_until: datetime | None = None
    event_types: tuple[str, ...] = ()
    format: NoticeFormat = NoticeFormat.STANDARD
    locale: Locale = Locale.ENGLISH
    enabled: bool = True
    disabled: EndpointDisabled | None = None  # by the service
    created_date_time: datetime
    last_modified_date_time: datetime

    @property
    def takes_notices(self) -> bool:
        """Whether the endpoint is enabled, by its administrators and by the service."""
        return self.enabled and self.disabled is None

    @property
    def collects(self) -> bool:
        """Whether its notices wait for a digest."""
        return self.kind in MAILING

    @property
    def is_personal(self) -> bool:
        """Whether each user gets their own notices."""
        return self.kind is EndpointKind.USERS

    @property
    def unique_name(self) -> str:
        """The name that no two endpoints of a tenant share: two that mail the users would mail everything twice."""
        return f"kind {self.kind.value}" if self.is_personal else self.display_name

    @property
    def secrets(self) -> tuple[str, ...]:
        """The addresses in the vault of all secrets of the endpoint."""
        named = (self.address_secret_url, self.secret_url, self.previous_secret_url)
        return tuple(each for each in named if each)

    def wants(self, event_type: str) -> bool:
        """Whether the filter of the endpoint includes a type of events."""
        return self.may_have(event_type) and (not self.event_types or event_type in self.event_types)

    def may_have(self, event_type: str) -> bool:
        """Whether a type of events can be sent to the endpoint: users get personal ones alone."""
        from shared.domain.notices.events import PERSONAL  # which know this record

        return not self.is_personal or event_type in PERSONAL

    def audited(self) -> dict[str, Any]:
        """Return the properties for the audit log: without the addresses of the secrets."""
        hidden = {"addressSecretUrl", "secretUrl", "previousSecretUrl"}
        return {name: value for name, value in self.to_json().items() if name not in hidden}


def shown_address(address: str) -> str:
    """Return the part of an address that is no secret: paths and queries of workflows have a signature in them."""
    return urlsplit(address)._replace(path="", query="").geturl()
