"""The bodies of notices, and the signature of Standard Webhooks. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from shared.domain.languages import Locale
from shared.domain.naming import derived_id
from shared.domain.notices.endpoint import NoticeFormat
from shared.domain.notices.events import MANDATORY, NoticeEvent
from shared.domain.notices.mail import Mail
from shared.domain.notices.texts import MailReader, facts_of, own_text, title_of, words

SECRET_PREFIX = "whsec_"  # noqa: S105 - what secrets begin with
SECRET_BYTES = 32
MOST_BYTES = 20_000
"""The most of a body, as Standard Webhooks recommends."""
_LONGEST_TEXT = 1_000
_LONGEST_LINE = 200
_MOST_IN_MAIL = 200


def secret_text(key: bytes) -> str:
    """Return a key as the receiver's library reads it."""
    return SECRET_PREFIX + base64.b64encode(key).decode()


def signed_headers(secrets: Iterable[str], event: NoticeEvent, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers of a try: the event's id, the time of the try, and a signature for each secret."""
    from standardwebhooks import Webhook  # with the first webhook: cold start

    text, moment = body.decode(), at.astimezone(UTC)
    return {
        "webhook-id": event.id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(each).sign(event.id, moment, text) for each in secrets),
    }


def webhook_body(event: NoticeEvent, written_as: NoticeFormat) -> tuple[bytes, str]:
    """Return the body of a webhook, and its media type."""
    moment = event.time.astimezone(UTC).isoformat().replace("+00:00", "Z")
    data = _short(event.data)
    if written_as is NoticeFormat.STANDARD:
        return _json({"type": event.type, "timestamp": moment, "data": data}), "application/json"
    wrapped = {
        "specversion": "1.0",
        "id": event.id,
        "source": f"/tenants/{event.tenant_id}",
        "type": event.type,
        "subject": event.subject,
        "time": moment,
        "datacontenttype": "application/json",
        "data": data,
    }
    return _json(wrapped), "application/cloudevents+json"


def teams_body(event: NoticeEvent, locale: Locale) -> tuple[bytes, str]:
    """Return the body for the webhook of a Teams workflow: a message with an Adaptive Card; and its media type."""
    moment = event.time.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    facts = [{"title": label, "value": _cut(text)} for label, text in facts_of(event, locale)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": _cut(title_of(event, locale)), "weight": "Bolder", "wrap": True},
            {"type": "TextBlock", "text": moment, "isSubtle": True, "spacing": "None"},
            {"type": "FactSet", "facts": facts},
        ],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return _json({"type": "message", "attachments": [attachment]}), "application/json"


def alert_mail(event: NoticeEvent, to: Iterable[str], locale: Locale, sender: str) -> Mail:
    """Return the mail of one alert. *sender*: the name of the tenant."""
    receivers = tuple(to)
    id_ = derived_id("mail", event.id, *receivers)
    return Mail(id=id_, to=receivers, subject=_line(title_of(event, locale)), text=_text([event], locale, sender))


def digest_mail(events: Sequence[NoticeEvent], to: Iterable[str], locale: Locale, sender: str) -> Mail:
    """Return the mail of the events of an hour: one event is its own subject."""
    receivers = tuple(to)
    count = words(locale)["mail"]["digest"].format(count=len(events))
    subject = title_of(events[0], locale) if len(events) == 1 else count
    id_ = derived_id("mail", *(each.id for each in events), *receivers)
    return Mail(id=id_, to=receivers, subject=_line(subject), text=_text(events, locale, sender))


def user_mail(events: Sequence[NoticeEvent], to: str, reader: MailReader, sender: str) -> Mail:
    """Return the mail to a user about events of their Cloud PCs; the title of a single event is its subject."""
    mail, subject = words(reader.locale)["mail"], title_of(events[0], reader.locale)
    if len(events) > 1:
        subject = mail["own"].format(count=len(events))
    kept = "mandatory" if any(each.type in MANDATORY for each in events) else "choose"
    parts = [f"{_line(title_of(each, reader.locale))}\n\n{own_text(each, reader)}" for each in events]
    ends = [mail[kept], "-- \n" + mail["footer"].format(tenant=sender)]
    id_ = derived_id("mail", *(each.id for each in events), to)
    return Mail(id=id_, to=(to,), subject=_line(subject), text="\n\n".join([*parts, *ends]))


def _text(events: Sequence[NoticeEvent], locale: Locale, sender: str) -> str:
    mail = words(locale)["mail"]
    parts = []
    for event in events[:_MOST_IN_MAIL]:
        moment = event.time.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        facts = [f"  {label}: {_cut(text)}" for label, text in facts_of(event, locale)]
        parts.append("\n".join([_line(title_of(event, locale)), f"  {moment}", *facts]))
    if len(events) > _MOST_IN_MAIL:
        parts.append(mail["more"].format(count=len(events) - _MOST_IN_MAIL))
    return "\n\n".join([*parts, "-- \n" + mail["footer"].format(tenant=sender)])


def _line(text: str) -> str:
    """Return a text as one line of limited length: a name must not become a header."""
    return " ".join(text.split())[:_LONGEST_LINE]


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def _short(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return data whose JSON stays below the limit: long texts end early, and the largest members go last."""
    short = {name: _cut(value) for name, value in data.items()}
    while len(_json(short)) > MOST_BYTES - _LONGEST_TEXT:
        largest = max(short, key=lambda name: len(_json({name: short[name]})))
        short.pop(largest)
    return short


def _cut(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_TEXT else value[: _LONGEST_TEXT - 1] + "\u2026"
    if isinstance(value, list):
        return [_cut(each) for each in value[:100]]
    if isinstance(value, dict):
        return {name: _cut(each) for name, each in value.items()}
    return value
