"""Contents of the built portal."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.long

PORTAL = Path(__file__).resolve().parents[2] / "portal"
CHOSEN = "chosen-token"
"""Name under which the page "choose who you are" hands a token over."""


def bundled(folder: str) -> list[str]:
    """Return the scripts of a bundle that can be signed in by a choice."""
    scripts = sorted((PORTAL / folder).rglob("*.js"))
    assert scripts, f"make {PORTAL / folder / 'index.html'} builds it"
    return [path.name for path in scripts if CHOSEN in path.read_text()]


def test_nobody_is_signed_in_by_a_choice_where_it_is_deployed() -> None:
    assert bundled("dist") == []


def test_the_bundle_of_make_run_takes_who_was_chosen() -> None:
    assert len(bundled("dist-local")) == 1
