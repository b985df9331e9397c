"""The texts of notices for people, in every language that a policy may have: the one catalogue of the server. Pure.

Portal texts are the portal's own; here are those that leave the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from shared.domain.notices.endpoint import Locale
from shared.domain.notices.events import EventType, NoticeEvent

TITLES: Mapping[EventType, Mapping[Locale, str]] = MappingProxyType(
    {
        EventType.CLOUD_PC_PROVISIONED: {
            Locale.ENGLISH: "The Cloud PC {name} is ready",
            Locale.GERMAN: "Der Cloud-PC {name} ist bereit",
        },
        EventType.CLOUD_PC_FAILED: {
            Locale.ENGLISH: "The Cloud PC {name} could not be built",
            Locale.GERMAN: "Der Cloud-PC {name} konnte nicht erstellt werden",
        },
        EventType.CLOUD_PC_GRACE_STARTED: {
            Locale.ENGLISH: "The Cloud PC {name} will be removed",
            Locale.GERMAN: "Der Cloud-PC {name} wird entfernt",
        },
        EventType.CLOUD_PC_GRACE_ENDED: {
            Locale.ENGLISH: "The Cloud PC {name} stays",
            Locale.GERMAN: "Der Cloud-PC {name} bleibt erhalten",
        },
        EventType.CLOUD_PC_REMOVED: {
            Locale.ENGLISH: "The Cloud PC {name} was removed",
            Locale.GERMAN: "Der Cloud-PC {name} wurde entfernt",
        },
        EventType.REMOVALS_HELD: {
            Locale.ENGLISH: "The removal of the Cloud PC {name} waits for a confirmation",
            Locale.GERMAN: "Das Entfernen des Cloud-PC {name} wartet auf eine Bestätigung",
        },
        EventType.CONNECTION_FAILED: {
            Locale.ENGLISH: "The connection {name} has failed its health checks",
            Locale.GERMAN: "Die Integritätsprüfungen der Verbindung {name} sind fehlgeschlagen",
        },
        EventType.CONNECTION_RECOVERED: {
            Locale.ENGLISH: "The connection {name} can be used again",
            Locale.GERMAN: "Die Verbindung {name} kann wieder verwendet werden",
        },
        EventType.RELEASE_STOPPED: {
            Locale.ENGLISH: "The release of version {name} was stopped",
            Locale.GERMAN: "Die Einführung der Version {name} wurde angehalten",
        },
        EventType.OPERATION_FINISHED: {
            Locale.ENGLISH: "The operation {name} has ended",
            Locale.GERMAN: "Der Vorgang {name} ist beendet",
        },
        EventType.ENDPOINT_DISABLED: {
            Locale.ENGLISH: "The endpoint of notices {name} was disabled",
            Locale.GERMAN: "Der Endpunkt für Benachrichtigungen {name} wurde deaktiviert",
        },
        EventType.ENDPOINT_TEST: {
            Locale.ENGLISH: "A test of the endpoint of notices {name}",
            Locale.GERMAN: "Ein Test des Endpunkts für Benachrichtigungen {name}",
        },
    }
)
"""The title of every type of events; ``{name}`` is the name of the record."""

FACTS: Mapping[str, Mapping[Locale, str]] = MappingProxyType(
    {
        "userPrincipalName": {Locale.ENGLISH: "User", Locale.GERMAN: "Benutzer"},
        "status": {Locale.ENGLISH: "Status", Locale.GERMAN: "Status"},
        "endsDateTime": {Locale.ENGLISH: "Removed at (UTC)", Locale.GERMAN: "Wird entfernt am (UTC)"},
        "cause": {Locale.ENGLISH: "Cause", Locale.GERMAN: "Ursache"},
        "why": {Locale.ENGLISH: "Why it waits", Locale.GERMAN: "Grund des Wartens"},
        "message": {Locale.ENGLISH: "Message", Locale.GERMAN: "Meldung"},
        "code": {Locale.ENGLISH: "Code", Locale.GERMAN: "Code"},
        "failedChecks": {Locale.ENGLISH: "Failed checks", Locale.GERMAN: "Fehlgeschlagene Prüfungen"},
        "requestedBy": {Locale.ENGLISH: "Requested by", Locale.GERMAN: "Angefordert von"},
        "reason": {Locale.ENGLISH: "Reason", Locale.GERMAN: "Grund"},
    }
)
"""The labels of the data that people are shown, in their order; all other data is for programs."""


def title_of(event: NoticeEvent, locale: Locale) -> str:
    """Return the title of an event; one of a newer release has its type for one."""
    name = str(event.data.get("displayName") or event.data.get("imageVersion") or event.data.get("kind") or "")
    if event.type not in set(EventType):
        return f"{event.type} {name}".strip()
    return TITLES[EventType(event.type)][locale].format(name=name)


def facts_of(event: NoticeEvent, locale: Locale) -> list[tuple[str, str]]:
    """Return the labels and values of an event that people are shown besides its title."""
    there = ((labels[locale], _text(event.data[name])) for name, labels in FACTS.items() if event.data.get(name))
    return [(label, text) for label, text in there if text]


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
