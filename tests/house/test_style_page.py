"""The good examples of the style page are the code itself; only what says that it is bad is written by hand."""

import re

import pytest

from tests.house.examples import example
from tests.house.tree import ROOT, text

PAGE = text(ROOT / "docs" / "style.md")
BAD = "# Not like this"
_DRAWN = re.compile(r"(?s)<!-- \[\[\[cog\n.*?\]\]\] -->\n(.*?)<!-- \[\[\[end\]\]\] -->")
_PYTHON = re.compile(r"(?ms)^```python\n(.*?)^```$")


def test_every_good_example_is_drawn_from_the_code() -> None:
    by_hand = _PYTHON.findall(_DRAWN.sub("", PAGE))
    assert by_hand
    assert [block for block in by_hand if not block.startswith(BAD)] == []


def test_every_drawn_example_names_its_file() -> None:
    drawn = [block for part in _DRAWN.findall(PAGE) for block in _PYTHON.findall(part)]
    assert len(drawn) > len(_PYTHON.findall(_DRAWN.sub("", PAGE)))
    assert [block for block in drawn if not (ROOT / block.splitlines()[0].removeprefix("# ")).is_file()] == []


def test_an_example_has_its_decorators_and_nothing_after_it() -> None:
    block = example("tests/house/examples.py", "example").splitlines()
    assert block[:3] == ["```python", "# tests/house/examples.py", "def example(path: str, name: str) -> str:"]
    assert block[-2].startswith("    return ")


def test_an_example_that_has_moved_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"examples\.py:no_such_function"):
        example("tests/house/examples.py", "no_such_function")
