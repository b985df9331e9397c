"""Modules of the portal appear whole, because ``make check`` and ``make portal`` run at the same time."""

import json
from pathlib import Path

import pytest

from local import node, portal_bundle

_WRITTEN = {"_ACTIONS": "actions.ts", "_FIELDS": "fields.ts", "_REGIONS": "regions.ts", "_READS": "reads.ts"}
_DOCUMENT = {"openapi": "3.1.0", "paths": {}, "components": {"schemas": {}, "x-deskwright-regions": {}}}


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A portal whose modules have not been written; returns the folder that every check reads."""
    folder = tmp_path / "src" / "api"
    folder.mkdir(parents=True)
    (tmp_path / "schema" / "node_modules").mkdir(parents=True)
    (tmp_path / "openapi.json").write_text(json.dumps(_DOCUMENT), "utf-8")
    monkeypatch.setattr(portal_bundle, "SCHEMA", tmp_path / "schema")
    monkeypatch.setattr(portal_bundle, "_API", tmp_path / "openapi.json")
    for constant, name in {**_WRITTEN, "_TYPES": "schema.d.ts"}.items():
        monkeypatch.setattr(portal_bundle, constant, folder / name)
    monkeypatch.setattr(node, "find", lambda _: node.Node("node", ("npm",), node.OLDEST))
    return folder


def test_a_check_that_runs_meanwhile_sees_whole_modules_only(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[str]] = []

    def generate(command: list[str], folder: Path) -> None:
        written = Path(command[command.index("--output") + 1])
        written.write_text("export type half", "utf-8")
        seen.append({each.name for each in source.iterdir()})
        written.write_text("export type whole = 1;\n", "utf-8")

    monkeypatch.setattr(portal_bundle, "_run", generate)
    portal_bundle._write_types()
    assert seen == [set(_WRITTEN.values())]
    assert {each.name for each in source.iterdir()} == {*_WRITTEN.values(), "schema.d.ts"}
    assert (source / "schema.d.ts").read_text("utf-8") == "export type whole = 1;\n"


def test_a_generator_that_fails_leaves_the_last_module_and_nothing_else(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(command: list[str], folder: Path) -> None:
        Path(command[command.index("--output") + 1]).write_text("export type half", "utf-8")
        raise portal_bundle.PortalError("no such option")

    monkeypatch.setattr(portal_bundle, "_run", fail)
    with pytest.raises(portal_bundle.PortalError):
        portal_bundle._write_types()
    assert {each.name for each in source.iterdir()} == set(_WRITTEN.values())
    assert not list((portal_bundle.SCHEMA / "node_modules").iterdir())
