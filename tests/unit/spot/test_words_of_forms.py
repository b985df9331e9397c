"""Descriptions of the forms of Spot Groups and image sets agree with their effects."""

from __future__ import annotations

from shared.domain.spot.groups.group import Sessions
from shared.domain.spot.images.image_version import first_version
from shared.domain.spot.notes import noted
from tests.integration import image_things, things


def test_the_notes_of_a_new_set_are_those_of_its_first_version() -> None:
    notes = noted((), "for all schools", by="Eve", at=things.NOW)
    assert first_version(image_things.image_set(notes=notes)).notes == notes


def test_the_title_of_each_time_out_says_what_it_does() -> None:
    """An idle session is disconnected, a disconnected one signed off (docs/notes/spotpc-avd.md 1.7)."""
    titles = {name: str(field.title) for name, field in Sessions.model_fields.items()}
    assert titles["active_idle_time_out_in_minutes"].startswith("Disconnect idle")
    assert titles["disconnected_idle_time_out_in_minutes"].startswith("Sign off disconnected")
