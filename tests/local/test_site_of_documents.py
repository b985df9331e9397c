"""The documents render as a site: every page is in it, and a link that leads nowhere fails."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from local import site_of_documents as site
from tests.house.tree import ROOT

MADE_UP = "docs"
"""Folder of the pages of a made-up repository: ``tests/house`` looks up pages that code names with their folder."""


def test_every_reader_of_the_readme_has_a_section_with_pages() -> None:
    names = site.pages(ROOT)
    sections = {title: under for each in site.navigation(ROOT, names) for title, under in each.items()}
    assert {"For evaluators", "For operators", "For callers of the API"} <= set(sections)
    assert [title for title, under in sections.items() if not under] == []


def test_pictures_and_templates_that_pages_show_are_copied() -> None:
    names = site.pages(ROOT)
    assert {"docs/pictures/cloud-pcs.png", "docs/openapi.json"} <= set(site.linked(ROOT, names))
    assert [name for name in names if name.startswith("tests/")] == []


def repository(folder: Path, readme: str) -> Path:
    """Return a repository with two pages, a README's table of readers, and the folders of documents."""
    table = f"| you are | read |\n|---|---|\n| an operator | [operate]({MADE_UP}/operate.md) |\n"
    files = {
        "README.md": f"# Title\n\n{readme}\n\n{table}",
        f"{MADE_UP}/operate.md": "# Operate\n\n## Every day\n",
        f"{MADE_UP}/api.md": "# API\n",
        f"{MADE_UP}/openapi.json": '{"paths": {}, "components": {"schemas": {}}}',
        "pyproject.toml": '[project]\nversion = "1.2.3"\n',
        **{f"{folder_}/page.md": "# Page\n" for folder_ in ("docs/runbooks", "docs/decisions", "docs/notes")},
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    for words in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


@pytest.mark.long
@pytest.mark.parametrize(
    ("readme", "problem"),
    [
        (f"[there]({MADE_UP}/operate.md#every-day)", None),
        (f"[gone]({MADE_UP}/gone.md)", "gone.md"),
        (f"[gone]({MADE_UP}/operate.md#every-night)", "every-night"),
    ],
)
def test_a_link_that_leads_nowhere_fails(readme: str, problem: str | None, tmp_path: Path) -> None:
    root = repository(tmp_path / "root", readme)
    if problem is None:
        made = site.build(root, tmp_path / "out")
        assert "1.2.3" in (tmp_path / "out" / "versions.json").read_text("utf-8")
        assert "Every day" in (made / "docs" / "operate.html").read_text("utf-8")
    else:
        with pytest.raises(site.SiteError, match=problem):
            site.build(root, tmp_path / "out")


@pytest.mark.long
def test_our_own_documents_render_without_a_warning(tmp_path: Path) -> None:
    made = site.build(ROOT, tmp_path)
    assert (made / "search" / "search_index.json").stat().st_size > 100_000
    for name in site.pages(ROOT):
        page = "index.html" if name == "README.md" else name.replace(".md", ".html").replace("README", "index")
        assert (made / page).is_file(), name
