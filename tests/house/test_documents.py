"""The documents are true: links, paths, the drawn life cycle, the one word for each idea, the pages of decisions."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import APP_LAYERS, ROOT, below, relative, text, tracked

PAGES = [path for path in tracked() if path.suffix == ".md"]
DECISIONS = [page for page in below("docs/decisions", suffix=".md") if page.name[:1].isdigit()]
HEADINGS = ["Context", "Choice", "Consequences", "What would change our mind"]
A_PAGE = 60  # lines
NAMES_AT_THE_TOP = 33

_FENCE = re.compile(r"(?ms)^```.*?^```$")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_PATH = re.compile(r"`([\w.-]+(?:/[\w.*-]+)+/?|[\w.-]+/)`")
_PLACEHOLDER = re.compile(r"@[A-Z]+@")
_DRAWN = "[[[cog"


def prose(page: Path) -> str:
    return _FENCE.sub("", text(page))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as they are made for a rendered page."""
    titles = re.findall(r"(?m)^#+ +(.*)$", prose(page))
    return {re.sub(r"[^\w -]", "", title.replace("`", "").lower()).replace(" ", "-") for title in titles}


def broken(page: Path, link: str) -> bool:
    target, _, anchor = link.partition("#")
    path = (page.parent / target) if target else page
    if not path.exists():
        return True
    return bool(anchor) and path.suffix == ".md" and anchor not in anchors(path)


def test_every_link_leads_somewhere() -> None:
    links = [(page, link) for page in PAGES for link in _LINK.findall(prose(page)) if "://" not in link]
    assert [f"{relative(page)}: {link}" for page, link in links if broken(page, link)] == []


def test_every_path_that_a_page_names_is_there() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    named = [(page, path) for page in PAGES for path in _PATH.findall(prose(page)) if path.split("/")[0] in folders]
    made_here = (".run", ".tools", ".venv", "dist")
    missing = [
        f"{relative(page)}: {path}"
        for page, path in named
        if not path.startswith(made_here) and not there(path, base(page)) and not there(path, ROOT)
    ]
    assert missing == []


def test_every_file_that_a_page_names_is_there() -> None:
    names = {path.name for path in tracked()}
    named = {(page, name) for page in PAGES for name in re.findall(r"`([\w-]+\.(?:py|ps1|bicep))`", prose(page))}
    assert sorted(f"{relative(page)}: {name}" for page, name in named if name not in names) == []


def test_no_page_waits_for_a_figure() -> None:
    found = [(page, word) for page in PAGES for word in _PLACEHOLDER.findall(text(page))]
    assert [f"{relative(page)}: {word}" for page, word in found] == []


def base(path: Path) -> Path:
    """Return the folder from which a file names others: its distribution's, or the repository's."""
    packages = ROOT / "packages"
    return packages / path.relative_to(packages).parts[0] if path.is_relative_to(packages) else ROOT


def there(path: str, folder: Path) -> bool:
    return (folder / path).exists() or any(folder.glob(path))


def test_every_page_that_the_code_names_is_there() -> None:
    code = [path for path in tracked() if path.suffix in {".py", ".ps1", ".bicep", ".toml"}]
    named = {(path, name) for path in code for name in re.findall(r"\bdocs/[\w/-]+\.md", text(path))}
    assert (
        sorted(
            f"{relative(path)}: {name}" for path, name in named if not there(name, base(path)) and not there(name, ROOT)
        )
        == []
    )


def test_what_is_drawn_from_the_code_is_up_to_date() -> None:
    drawn = [str(relative(page)) for page in PAGES if _DRAWN in text(page)]
    assert {"docs/lifecycle.md", "docs/style.md"} <= set(drawn)
    command = [sys.executable, "-m", "cogapp", "--check", "-I", str(ROOT), *drawn]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    redraw = f"redraw with: .venv/bin/python -m cogapp -r -I . {' '.join(drawn)}"
    assert checked.returncode == 0, f"{checked.stdout}{checked.stderr}\n{redraw}"


def forbidden_words() -> dict[str, str]:
    """The last column of the glossary's tables: forbidden word -> the word to use."""
    rows = [line.strip("|").split("|") for line in text(ROOT / "docs" / "glossary.md").splitlines() if line[:1] == "|"]
    entries = [row for row in rows if row[2].strip() not in {"Never", "---"}]
    return {bad.strip(): row[0].strip() for row in entries for bad in row[2].split(",") if bad.strip()}


def test_one_idea_has_one_word() -> None:
    words = forbidden_words()
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, words)) + r")s?\b", re.IGNORECASE)
    found = [
        f"{relative(path)}:{number}: {hit.group()}; say {words[said]}"
        for path in tracked()
        if path.suffix in {".py", ".md", ".ps1", ".bicep"} and path.name != "glossary.md"
        for number, line in enumerate(text(path).splitlines(), 1)
        for hit in pattern.finditer(line)
        for said in words
        if said.lower() == hit.group(1).lower()
    ]
    assert found == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_says_why_what_and_until_when(page: Path) -> None:
    assert re.findall(r"(?m)^## (.*)$", text(page)) == HEADINGS


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_is_one_page_under_its_number(page: Path) -> None:
    lines = text(page).splitlines()
    assert re.fullmatch(r"\d{4}(-[a-z0-9]+)+", page.stem)
    assert lines[0].startswith(f"# {int(page.stem[:4])}. ")
    assert len(lines) <= A_PAGE


def test_no_two_decisions_have_one_number() -> None:
    numbers = [page.name[:4] for page in DECISIONS]
    assert sorted(set(numbers)) == numbers


def test_every_folder_has_its_paragraph() -> None:
    others = ("packages", "local", "tests", "bench", "docs", "infra")
    folders = {f"`{name}/" for name in (*APP_LAYERS, *others)}
    below_shared = {f"`shared/{path.name}" for path in (ROOT / "shared").iterdir() if path.name[:1] not in "_."}
    architecture = text(ROOT / "ARCHITECTURE.md")
    assert {name for name in folders | below_shared if name not in architecture} == set()


def test_a_newcomer_meets_few_names_at_the_top() -> None:
    assert len({relative(path).parts[0] for path in tracked()}) <= NAMES_AT_THE_TOP


def test_no_file_has_a_conflict_of_a_merge() -> None:
    marker = re.compile(r"(?m)^(?:<{7}|\|{7}|>{7})(?: |$)")
    pages = [path for path in tracked() if path.suffix in {".py", ".md", ".toml", ".yml", ".yaml", ".bicep", ".ps1"}]
    assert [str(relative(path)) for path in pages if marker.search(text(path))] == []
