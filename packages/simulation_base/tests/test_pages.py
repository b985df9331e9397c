"""The frame of the pages: what is not markup is escaped, and nothing is loaded from elsewhere."""

import base64
import hashlib
import re

import pytest
from simulation_base.pages import live, page
from simulation_base.pages.markup import Html, bar, pill, table, tag

EVIL = "<script>alert('x')</script>"


def test_text_and_attributes_are_escaped_and_markup_is_not() -> None:
    element = tag("a", EVIL, Html("<b>bold</b>"), title=EVIL)
    assert EVIL not in element
    assert "<b>bold</b>" in element


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        (tag("input", type="text", required=True, disabled=False, value=None), '<input type="text" required>'),
        (tag("p", [1, None, "a"], class_="note", data_id=7), '<p class="note" data-id="7">1a</p>'),
        (pill("new", "good"), '<span class="pill good">new</span>'),
    ],
)
def test_elements_are_written_with_their_attributes(element: Html, expected: str) -> None:
    assert element == expected


def test_a_table_aligns_the_columns_of_numbers() -> None:
    written = table(["name", "#count"], [["a", 1]])
    assert '<th class="number">count</th>' in written
    assert '<td class="number">1</td>' in written


@pytest.mark.parametrize(("share", "width"), [(-1.0, "0"), (0.5, "50.0"), (7.0, "100")])
def test_a_bar_is_never_wider_than_its_frame(share: float, width: str) -> None:
    found = re.search(r'width="([\d.]+)"', bar(share))
    assert found is not None
    assert float(found[1]) == float(width)


def test_a_page_allows_only_its_own_style_and_script() -> None:
    content, headers = page(EVIL, tag("header", live()), tag("main", "text"), ".own{color:red}")
    text = content.decode()
    policy = headers["Content-Security-Policy"]
    for name in ("style", "script"):
        (found,) = re.findall(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
        assert base64.b64encode(hashlib.sha256(found.encode()).digest()).decode() in policy
    assert EVIL not in text
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
