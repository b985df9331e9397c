"""Citations in comments can be opened: a section of docs/notes, never a document that is not in the repository.

The packages have notes of their own.
"""

import re

from tests.house.tree import ROOT, below, relative, text, tracked

NOTES = ROOT / "docs" / "notes"
CODE = [
    path
    for path in tracked()
    if path.suffix in {".py", ".ps1", ".bicep", ".toml"} and relative(path).parts[0] != "packages"
]

_CITED = re.compile(r"docs/notes/([\w-]+)\.md((?:(?:, | and | )\d+(?:\.\d+)*)*)")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_HEADING = re.compile(r"(?m)^##+ (\d+(?:\.\d+)*)\.? ")
# The documents that the notes were written from.
_BARE = re.compile(r"(?i)(?<![\w./-])(?:(?:azure|host|windows365|product|spotpc-avd|recorded-azure)\.md|seed 00\d)\b")


def sections(name: str) -> set[str]:
    """Return the numbers of the sections of a page of notes."""
    return set(_HEADING.findall(text(NOTES / f"{name}.md")))


def test_every_section_that_a_comment_cites_exists() -> None:
    known = {page.stem: sections(page.stem) for page in below("docs/notes", suffix=".md")}
    cited = [
        (str(relative(path)), name, number)
        for path in CODE
        for name, numbers in _CITED.findall(text(path))
        for number in _NUMBER.findall(numbers) or [""]
    ]
    assert cited
    assert [each for each in cited if each[2] not in known.get(each[1], set())] == []


def test_no_comment_cites_what_a_reader_cannot_open() -> None:
    found = [
        f"{relative(path)}:{number}: {line.strip()[:80]}"
        for path in CODE
        for number, line in enumerate(text(path).splitlines(), 1)
        if _BARE.search(line)
    ]
    assert found == []


def test_no_section_has_its_number_twice() -> None:
    numbers = {page.stem: _HEADING.findall(text(page)) for page in below("docs/notes", suffix=".md")}
    assert {name: found for name, found in numbers.items() if len(found) != len(set(found))} == {}
