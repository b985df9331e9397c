"""Views of notices: endpoints without their secrets, and deliveries."""

from typing import Annotated, NotRequired

from typing_extensions import TypedDict

from shared.domain.languages import Locale
from shared.domain.notices.delivery import EndpointState
from shared.domain.notices.endpoint import EndpointDisabled, EndpointKind, NoticeEndpoint, NoticeFormat
from shared.domain.notices.events import CHOSEN, EventType
from shared.domain.notices.mail import MailSettings
from shared.domain.notices.personal import CHOICES, PersonalNotices, QuietHours
from shared.domain.notices.texts import words
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of

ENDPOINTS = Collection(
    name="noticeEndpoints",
    kinds=kinds_of(
        *("id", "displayName", "kind", "address", "status"),
        moments="createdDateTime lastModifiedDateTime",
        flags="enabled",
    ),
    searched=("displayName", "address"),
)
EVENT_TYPES = Collection(name="eventTypes", kinds=kinds_of("type", flags="mandatory personal"), key=("type",))


class NoticeEndpointView(TypedDict):
    """An endpoint of notices. *status*: ``ready``, ``failing``, ``off`` or ``disabled`` by the service."""

    id: str
    displayName: str
    kind: EndpointKind
    address: str
    mail: Annotated[Json, DumpOf(MailSettings)] | None
    eventTypes: list[str]
    format: NoticeFormat
    locale: Locale
    enabled: bool
    status: str
    disabled: Annotated[Json, DumpOf(EndpointDisabled)] | None
    keySetDateTime: Timestamp | None
    previousKeyEndDateTime: Timestamp | None
    failures: int
    nextTryDateTime: Timestamp | None
    lastSuccessDateTime: Timestamp | None
    lastFailureDateTime: Timestamp | None
    lastFailure: str | None
    createdDateTime: Timestamp
    lastModifiedDateTime: Timestamp


class NewNoticeEndpointView(NoticeEndpointView):
    """An endpoint of notices with its secret, which is shown once: a repeated answer lacks it."""

    secret: NotRequired[str]


class OfferedEventView(TypedDict):
    """A type of events. *mandatory*: people cannot opt out of it; *personal*: it is for the Cloud PC's user too."""

    type: EventType
    title: str
    mandatory: bool
    personal: bool


class MailChoiceView(TypedDict):
    """A type of events that a user may leave out. *titles*: in each language."""

    type: EventType
    titles: dict[Locale, str]


class PersonalNoticesView(TypedDict):
    """The caller's mail preferences. *mailed*: whether their organisation mails users at all.

    *timeZone*: of the quiet hours, None for the one of the user's country, or of the site.
    """

    optedOut: list[str]
    quietHours: Annotated[Json, DumpOf(QuietHours)] | None
    timeZone: str | None
    mailed: bool
    choices: list[MailChoiceView]
    lastModifiedDateTime: Timestamp | None


class ReplayedView(TypedDict):
    """Number of events that are sent again."""

    count: int


def endpoint_view(endpoint: NoticeEndpoint, state: EndpointState | None) -> Json:
    """Return an endpoint as clients see it."""
    shown = state or EndpointState(id=endpoint.id, tenant_id=endpoint.tenant_id)
    failing = "failing" if shown.failures else "ready"
    return {
        "id": endpoint.id,
        "displayName": endpoint.display_name,
        "kind": endpoint.kind.value,
        "address": endpoint.address,
        "mail": endpoint.mail.to_json() if endpoint.mail else None,
        "eventTypes": list(endpoint.event_types),
        "format": endpoint.format.value,
        "locale": endpoint.locale.value,
        "enabled": endpoint.enabled,
        "status": "disabled" if endpoint.disabled else failing if endpoint.enabled else "off",
        "disabled": endpoint.disabled.to_json() if endpoint.disabled else None,
        "keySetDateTime": timestamp(endpoint.key_set_at),
        "previousKeyEndDateTime": timestamp(endpoint.previous_until),
        "failures": shown.failures,
        "nextTryDateTime": timestamp(shown.closed_until),
        "lastSuccessDateTime": timestamp(shown.last_success_at),
        "lastFailureDateTime": timestamp(shown.last_failure_at),
        "lastFailure": shown.last_failure,
        "createdDateTime": timestamp(endpoint.created_date_time),
        "lastModifiedDateTime": timestamp(endpoint.last_modified_date_time),
    }


def personal_notices_view(choice: PersonalNotices, *, mailed: bool) -> Json:
    """Return the mail preferences of a user. *mailed*: whether any mail is sent."""
    return {
        "optedOut": list(choice.opted_out),
        "quietHours": choice.quiet_hours.to_json() if choice.quiet_hours else None,
        "timeZone": choice.time_zone,
        "mailed": mailed,
        "choices": [
            {"type": each.value, "titles": {locale.value: _title(each, locale) for locale in Locale}}
            for each in CHOICES
        ],
        "lastModifiedDateTime": timestamp(choice.last_modified_date_time),
    }


def _title(event_type: EventType, locale: Locale) -> str:
    """Return the title of a type of events without the name of the record."""
    return words(locale)["titles"][event_type.value].replace(" {name}", "").rstrip(":")


def event_type_views() -> list[Json]:
    """Return the types of events that a filter may name."""
    return [
        {
            "type": each.value,
            "title": _title(each, Locale.ENGLISH),
            "mandatory": each.mandatory,
            "personal": each.personal,
        }
        for each in CHOSEN
    ]
