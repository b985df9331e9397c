"""Apps that Microsoft's own host has run, and the list of what differs here."""

from collections.abc import Callable
from pathlib import Path

import pytest
from host_testing.recorded import RecordedApp, Row, by_chance, differing, known_differences, recorded
from host_testing.storage_account import Certificates, Emulator

Judge = Callable[..., None]


@pytest.fixture
def judge(tmp_path: Path, azurite_server: Emulator, certificates: Certificates) -> Judge:
    """Return a function that sends the recorded requests to one app and compares every answer.

    A difference is listed, and what is listed differs.
    """

    def ask(name: str, *arguments: str, **environ: str) -> None:
        found: list[Row] = RecordedApp(name, tmp_path, azurite_server, certificates).answers(*arguments, **environ)
        differences, known = differing(recorded(name), found), known_differences(name)
        unlisted = {row: texts for row, texts in differences.items() if row not in known}
        assert unlisted == {}
        chance = by_chance()  # a slow machine may see what Azure shows
        gone = {row for row, reason in known.items() if row not in differences and reason not in chance}
        assert sorted(gone) == [], "no longer different: take it off the list"

    return ask
