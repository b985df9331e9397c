"""The examples of the style page and of the recipes are the code itself; only bad ones are written by hand."""

import re
from pathlib import Path

import pytest

from tests.house.examples import example
from tests.house.tree import ROOT, text

PAGES = [ROOT / "docs" / "style.md", ROOT / "CONTRIBUTING.md"]
BAD = "# Not like this"
_DRAWN = re.compile(r"(?s)<!-- \[\[\[cog\n.*?\]\]\] -->\n(.*?)<!-- \[\[\[end\]\]\] -->")
_PYTHON = re.compile(r"(?ms)^ *```python\n(.*?)^ *```$")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_good_example_is_drawn_from_the_code(page: Path) -> None:
    by_hand = _PYTHON.findall(_DRAWN.sub("", text(page)))
    assert [block for block in by_hand if not block.lstrip().startswith(BAD)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_drawn_example_names_its_file(page: Path) -> None:
    drawn = [block.strip() for part in _DRAWN.findall(text(page)) for block in _PYTHON.findall(part)]
    assert drawn
    assert [block for block in drawn if not (ROOT / block.splitlines()[0].removeprefix("# ")).is_file()] == []


def test_an_example_has_its_decorators_and_nothing_after_it() -> None:
    block = example("tests/house/examples.py", "example").splitlines()
    assert block[:3] == ["```python", "# tests/house/examples.py", "def example(path: str, name: str) -> str:"]
    assert block[-2].startswith("    return ")


def test_an_example_that_has_moved_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"examples\.py:no_such_function"):
        example("tests/house/examples.py", "no_such_function")
