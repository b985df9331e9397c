"""Versions are compared as DurableTask.Core compares them."""

import pytest
from functions_host.settings.versions import Versioning, is_newer


@pytest.mark.parametrize(
    ("one", "other", "newer"),
    [
        (None, None, False),
        ("", None, False),
        ("1.0", None, True),
        (None, "1.0", False),
        ("1.10", "1.9", True),
        ("1.9", "1.10", False),
        ("1.0.0", "1.0", True),
        ("2.0", "2.0", False),
        ("10", "9", False),  # no System.Version has one part: compared as text
        ("v2-beta", "V1", True),
        ("v1", "V1", False),
    ],
)
def test_versions_are_compared_by_numbers_or_else_as_text(one: str | None, other: str | None, *, newer: bool) -> None:
    assert is_newer(one, other) is newer


@pytest.mark.parametrize(
    ("strategy", "accepted"),
    [("None", {None, "1.0", "2.0", "3.0"}), ("Strict", {"2.0"}), ("CurrentOrOlder", {None, "1.0", "2.0"})],
)
def test_the_strategy_decides_which_versions_run(strategy: str, accepted: set[str | None]) -> None:
    mine = Versioning("2.0", strategy)
    assert {version for version in (None, "1.0", "2.0", "3.0") if mine.accepts(version)} == accepted
