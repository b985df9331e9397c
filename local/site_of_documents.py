"""Renders the documents as a site that can be searched: ``python -m local.site_of_documents [--out dist/site]``.

``make site`` calls it. The pages are the Markdown files of the repository where they are, so that a link works here, in
an editor and on a forge alike; a link that leads nowhere fails the build. The navigation is the README's table of
readers; behind it is the API reference of docs/openapi.json. Each version has a folder, and a list of versions beside
it fills the selector of Material for MkDocs.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from local import api_reference, node
from local.release import versions

ROOT = Path(__file__).parent.parent
TOOL = node.TOOLS / "site" / "bin" / "mkdocs"
_LEFT_OUT = ("tests/", ".github/", "portal/", "bench/")
"""Folders whose Markdown is for those who work in them, in a checkout."""
_LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")
_READER = re.compile(r"^\| an? (?P<reader>[^|]+?) \| (?P<links>.+) \|$", re.MULTILINE)
_PAGE = re.compile(r"\[(?P<title>[^\]]+)\]\((?P<page>[^)#]+\.md)\)")
_FOLDERS = {"Runbooks": "docs/runbooks", "Decisions": "docs/decisions", "Notes on Azure": "docs/notes"}


class SiteError(Exception):
    """The site could not be built; the message is the tool's."""


def pages(root: Path) -> list[str]:
    """Return the names of the Markdown files that are pages."""
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=root, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if not name.startswith(_LEFT_OUT) and "/tests/" not in name]


def linked(root: Path, names: list[str]) -> Iterator[str]:
    """Yield the files that pages link to and that are no pages, such as pictures and templates."""
    for name in names:
        for target in _LINK.findall((root / name).read_text("utf-8")):
            file = (root / name).parent.joinpath(target).resolve()
            if file.is_file() and file.is_relative_to(root) and file.suffix != ".md":
                yield file.relative_to(root).as_posix()


def navigation(root: Path, names: list[str]) -> list[dict[str, Any]]:
    """Return the sections of the site: one for each reader of the README's table, then the folders of documents."""
    readme = (root / "README.md").read_text("utf-8")
    found: list[dict[str, Any]] = [{"Deskwright": "README.md"}]
    for row in _READER.finditer(readme):
        who, _, of = row["reader"].partition(" ")
        title = f"For {who}s {of}".rstrip()
        links = [{each["title"].capitalize(): each["page"]} for each in _PAGE.finditer(row["links"])]
        found.append({title: [each for each in links if next(iter(each.values())) in names]})
    for title, folder in _FOLDERS.items():
        found.append({title: sorted(name for name in names if name.startswith(f"{folder}/"))})
    return found


def configuration(root: Path, source: Path, out: Path, version: str) -> dict[str, Any]:
    """Return the configuration of MkDocs, with every warning of a link switched on."""
    return {
        "site_name": f"Deskwright {version}",
        "docs_dir": str(source),
        "site_dir": str(out),
        "use_directory_urls": False,
        "theme": {
            "name": "material",
            "font": False,  # nothing is loaded from elsewhere
            "features": ["navigation.tabs", "navigation.indexes", "search.highlight", "content.code.copy"],
            "palette": [
                {"media": "(prefers-color-scheme: light)", "scheme": "default", "primary": "teal"},
                {"media": "(prefers-color-scheme: dark)", "scheme": "slate", "primary": "teal"},
            ],
        },
        "plugins": ["search"],
        "markdown_extensions": ["tables", "toc", "attr_list", "pymdownx.superfences"],
        "extra": {"version": {"provider": "mike"}},
        "nav": [*navigation(root, pages(root)), {"API reference": sorted(_reference(root), key=_index_first)}],
        "not_in_nav": "*.md",
        "validation": {"links": {"not_found": "warn", "anchors": "warn", "unrecognized_links": "ignore"}},
    }


def _reference(root: Path) -> dict[str, str]:
    """Return the pages of the API reference by their names."""
    document = json.loads((root / "docs" / "openapi.json").read_text("utf-8"))
    return {f"{api_reference.FOLDER}/{name}": text for name, text in api_reference.reference(document).items()}


def _index_first(name: str) -> tuple[bool, str]:
    return not name.endswith("/index.md"), name.casefold()


def build(root: Path, out: Path) -> Path:
    """Build the site of this version into a folder of its own below *out*; return that. Raises: SiteError."""
    version = versions.declared(root)
    made = out / version
    with TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        names = pages(root)
        for name in {*names, *linked(root, names)}:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, source / name)
        for name, text in _reference(root).items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(text, "utf-8")
        file = Path(folder) / "mkdocs.yml"
        file.write_text(json.dumps(configuration(root, source, made, version)), "utf-8")  # JSON is YAML
        done = subprocess.run(
            [str(TOOL), "build", "--strict", "--config-file", str(file)],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SiteError("\n".join(line for line in done.stderr.splitlines() if line.strip())[-4_000:])
    known = [
        {"version": each.name, "title": each.name, "aliases": []} for each in sorted(out.iterdir()) if each.is_dir()
    ]
    (out / "versions.json").write_text(json.dumps(known[::-1], indent=1) + "\n", "utf-8")
    return made


def main() -> int:
    """Build the site; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.site_of_documents", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "site", help="folder of the versions (dist/site)")
    out = parser.parse_args().out
    try:
        made = build(ROOT, out.resolve())
    except SiteError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    print(f"{made / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
