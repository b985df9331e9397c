"""The texts of notices: a title in every language for every type of events."""

import json
from datetime import UTC, datetime
from string import Formatter

import pytest

from shared.domain.languages import Locale
from shared.domain.notices.endpoint import NoticeFormat
from shared.domain.notices.events import PERSONAL, EventType, NoticeEvent
from shared.domain.notices.payloads import MOST_BYTES, teams_body, webhook_body
from shared.domain.notices.texts import HOST_CHANGES, LOST_PLACE, locale_of, spot_notice, stop_text, title_of, words
from shared.domain.power.engine import PowerRule


def event(**data: object) -> NoticeEvent:
    at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    kind = EventType.CLOUD_PC_FAILED.value
    return NoticeEvent(id="e1", tenant_id="contoso", type=kind, time=at, subject="cloudPCs/a", data=data)


def test_every_type_has_its_facts_and_a_title_in_every_language() -> None:
    english = words(Locale.ENGLISH)
    assert set(english["titles"]) == set(EventType)
    for locale in Locale:
        assert {part: set(texts) for part, texts in words(locale).items()} == {
            part: set(texts) for part, texts in english.items()
        }


def test_a_text_asks_for_the_same_values_in_every_language() -> None:
    def asked(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    for part, texts in words(Locale.ENGLISH).items():
        for name, text in texts.items():
            assert {frozenset(asked(words(each)[part][name])) for each in Locale} == {frozenset(asked(text))}, name


def test_a_locale_of_a_policy_has_the_texts_of_its_language() -> None:
    found = [locale_of(each) for each in ("de-DE", "de-AT", "en-GB", "fr-FR", "", None)]
    assert found == [Locale.GERMAN] * 2 + [Locale.ENGLISH] * 4


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


def test_mandatory_types_are_about_removal_and_security() -> None:
    assert {each.value for each in EventType if each.mandatory} == {
        *("cloudpc.grace.started", "cloudpc.grace.ending", "cloudpc.removed", "cloudpc.rebuild.started"),
        *("removals.held", "endpoint.disabled"),
    }
    assert EventType("cloudpc.provisioned").personal
    assert not EventType("connection.failed").personal


@pytest.mark.parametrize(
    ("rule", "locale", "told"),
    [
        (PowerRule.SCHEDULE, Locale.ENGLISH, "at 19:30 on 4 March 2026 (Europe/Berlin), because the hours of Office"),
        (PowerRule.BUDGET, Locale.ENGLISH, "because the budget is used up and nobody is active"),
        (PowerRule.HAND, Locale.ENGLISH, "because nobody has used it for a while and"),
        (PowerRule.SCHEDULE, Locale.GERMAN, "am 04.03.2026 um 19:30 Uhr (Europe/Berlin) angehalten: die Zeiten von O"),
        (PowerRule.IDLE, Locale.GERMAN, "er wurde seit einiger Zeit nicht genutzt, und niemand"),
    ],
)
def test_a_stop_is_warned_of_with_its_time_and_its_reason(rule: PowerRule, locale: Locale, told: str) -> None:
    _, body = stop_text(rule, "Office", datetime(2026, 3, 4, 18, 30, tzinfo=UTC), "Europe/Berlin", locale)
    assert told in body


@pytest.mark.parametrize(
    ("name", "locale", "title", "part"),
    [
        (LOST_PLACE, Locale.ENGLISH, "You are being signed out", "signed out in about 7 minutes"),
        (LOST_PLACE, Locale.GERMAN, "Sie werden abgemeldet", "in etwa 7 Minuten abgemeldet"),
        (HOST_CHANGES, Locale.ENGLISH, "Please save your work", "you can sign in again at once"),
        (HOST_CHANGES, Locale.GERMAN, "Bitte speichern Sie Ihre Arbeit", "sofort wieder anmelden"),
    ],
)
def test_users_of_a_spot_group_are_warned_in_its_language(name: str, locale: Locale, title: str, part: str) -> None:
    notice = spot_notice(name, 7, locale)
    assert notice.title == title
    assert part in notice.body


def test_a_user_is_told_everything_that_is_theirs_in_every_language() -> None:
    for locale in Locale:
        assert set(words(locale)["own"]) == PERSONAL
