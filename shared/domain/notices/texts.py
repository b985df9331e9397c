"""The texts of notices for people, from the catalogue ``shared/words``: a file for each language, in ICU's messages.

Whatever leaves the service in a language stands there (docs/decisions/0228); the portal gets the titles from the API.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.cloud_pcs.progress import ADDRESS
from shared.domain.languages import Locale
from shared.domain.notices.events import EventType, NoticeEvent
from shared.domain.power.engine import PowerRule
from shared.domain.spot.hosts.sessions import Notice

_WORDS = Path(__file__).parents[2] / "words"


@cache
def words(locale: Locale) -> Mapping[str, Mapping[str, str]]:
    """Return the catalogue of a language: titles of events, labels of facts, mail, messages in sessions, stops."""
    found: dict[str, dict[str, str]] = json.loads((_WORDS / f"{locale.value}.json").read_text("utf-8"))
    return found


def locale_of(language: str | None) -> Locale:
    """Return the language of texts for a language tag such as ``de-CH``: English where there is no other."""
    code = (language or "").partition("-")[0].casefold()
    return next((each for each in Locale if each.value.partition("-")[0] == code), Locale.ENGLISH)


HOST_CHANGES, LOST_PLACE = "hostChanges", "lostPlace"
"""Names of the warnings in sessions of a Spot Group: the host is repaired or replaced, or the user loses the place."""


def session_text(name: str, minutes: int, locale: Locale) -> tuple[str, str]:
    """Return the title and the text of a warning in a session."""
    texts = words(locale)["session"]
    return texts["title"], texts[name].format(minutes=minutes)


def spot_notice(name: str, minutes: int, locale: Locale) -> Notice:
    """Return a warning in the sessions of a Spot Group."""
    texts = words(locale)["spot"]
    return Notice(title=texts[f"{name}Title"], body=texts[name].format(minutes=minutes))


def stop_text(rule: PowerRule, name: str, stops_at: datetime, zone: str, locale: Locale) -> tuple[str, str]:
    """Return the title and the text of the warning in a session before a Cloud PC stops: when, why, how to keep it on.

    *rule*: the one that stops it; *name*: of its power schedule; *zone*: the IANA name of the time zone of the time.
    """
    texts = words(locale)["stop"]
    why = texts.get(rule.value, texts["idle"]).format(name=name or texts["unnamed"])
    return texts["title"], texts["text"].format(why=why, **_clock_words(stops_at, MailReader(locale, zone)))


@dataclass(frozen=True, slots=True)
class MailReader:
    """The reader of a text: their language, and the IANA name of their time zone."""

    locale: Locale
    zone: str = "UTC"


def _clock_words(at: datetime, reader: MailReader) -> dict[str, str]:
    """Return the time, the date and the zone of a moment as a reader writes them."""
    local = at.astimezone(ZoneInfo(reader.zone))
    date = f"{local.day} {local:%B %Y}" if reader.locale is Locale.ENGLISH else f"{local:%d.%m.%Y}"
    return {"time": f"{local:%H:%M}", "date": date, "zone": reader.zone}


def own_text(event: NoticeEvent, reader: MailReader) -> str:
    """Return the meaning of an event for the user of the Cloud PC, with local times; empty for types without one."""
    text = words(reader.locale)["own"].get(event.type, "")
    moment = event.data.get("endsDateTime") or event.data.get("proposedFromDateTime")
    at = datetime.fromisoformat(str(moment)) if moment else event.time
    return text.format(address=ADDRESS, **_clock_words(at, reader))


def title_of(event: NoticeEvent, locale: Locale) -> str:
    """Return the title of an event; the title of an event of a newer release is its type."""
    name = str(event.data.get("displayName") or event.data.get("imageVersion") or event.data.get("kind") or "")
    if event.type not in set(EventType):
        return f"{event.type} {name}".strip()
    return words(locale)["titles"][event.type].format(name=name)


def facts_of(event: NoticeEvent, locale: Locale) -> list[tuple[str, str]]:
    """Return the labels and values of an event that people are shown besides its title; the rest is for programs."""
    labels = words(locale)["facts"]
    there = ((label, _text(event.data[name])) for name, label in labels.items() if event.data.get(name))
    return [(label, text) for label, text in there if text]


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
