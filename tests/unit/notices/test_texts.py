"""The texts of notices: a title in every language for every type of events."""

import json
from datetime import UTC, datetime

import pytest

from shared.domain.notices.endpoint import Locale, NoticeFormat
from shared.domain.notices.events import EVENTS, EventType, NoticeEvent
from shared.domain.notices.payloads import MOST_BYTES, teams_body, webhook_body
from shared.domain.notices.texts import FACTS, TITLES, title_of


def event(**data: object) -> NoticeEvent:
    at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    kind = EventType.CLOUD_PC_FAILED.value
    return NoticeEvent(id="e1", tenant_id="contoso", type=kind, time=at, subject="cloudPCs/a", data=data)


def test_every_type_has_its_facts_and_a_title_in_every_language() -> None:
    assert set(TITLES) == set(EVENTS) == set(EventType)
    for texts in (*TITLES.values(), *FACTS.values()):
        assert set(texts) == set(Locale)


@pytest.mark.parametrize("locale", Locale)
def test_an_event_of_a_newer_release_has_its_type_for_a_title(locale: Locale) -> None:
    assert title_of(event(displayName="Desk").but(type="cloudpc.moved"), locale) == "cloudpc.moved Desk"


@pytest.mark.parametrize("written_as", NoticeFormat)
def test_no_body_is_larger_than_receivers_take(written_as: NoticeFormat) -> None:
    large = event(id="a", message="x" * 50_000, failedChecks=["y" * 900] * 200, error={"message": "z" * 30_000})
    body, _ = webhook_body(large, written_as)
    assert len(body) < MOST_BYTES
    assert json.loads(body)["data"]["id"] == "a"


def test_a_cloud_event_has_the_attributes_of_the_specification() -> None:
    body, kind = webhook_body(event(id="a"), NoticeFormat.CLOUD_EVENTS)
    said = json.loads(body)
    assert kind == "application/cloudevents+json"
    assert (said["specversion"], said["id"], said["source"]) == ("1.0", "e1", "/tenants/contoso")
    assert (said["type"], said["subject"], said["time"]) == ("cloudpc.failed", "cloudPCs/a", "2026-11-23T09:00:00Z")


def test_a_card_says_in_german_what_happened() -> None:
    body, _ = teams_body(event(displayName="Ada", message="kein Platz"), Locale.GERMAN)
    card = json.loads(body)["attachments"][0]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert card["content"]["body"][0]["text"] == "Der Cloud-PC Ada konnte nicht erstellt werden"
    assert {"title": "Meldung", "value": "kein Platz"} in card["content"]["body"][2]["facts"]
