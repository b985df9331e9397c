"""The version is the same everywhere; archives follow from their files; a deployment needs its archive alone."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from deployment import packaging
from deployment.clients import DeploymentError
from local.release import __main__ as command
from local.release import materials, parts, versions
from local.release.archives import zipped
from tests.house.tree import ROOT


def copies(folder: Path) -> Path:
    """Return a folder with the files that have the version, and the changelog."""
    for name in (*versions.COPIES, "CHANGELOG.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def test_every_file_has_the_version_that_is_declared_and_the_changelog_has_its_date() -> None:
    assert versions.judge(ROOT) == tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def test_a_new_version_is_written_everywhere(tmp_path: Path) -> None:
    root = copies(tmp_path)
    versions.write(root, "3.2.1")
    assert set(versions.found(root).values()) == {"3.2.1"}
    with pytest.raises(versions.VersionError, match=r"no dated section of 3\.2\.1"):
        versions.judge(root)
    for name in versions.COPIES:
        changed = (root / name).read_text("utf-8").replace("3.2.1", versions.declared(ROOT))
        assert changed == (ROOT / name).read_text("utf-8"), name


@pytest.mark.parametrize("version", ["", "1", "1.2", "v1.2.3", "1.2.3-beta", "1.2.3\n", "a.b.c"])
def test_what_is_no_version_is_refused_and_changes_nothing(version: str, tmp_path: Path) -> None:
    root = copies(tmp_path)
    with pytest.raises(versions.VersionError, match="three numbers"):
        versions.write(root, version)
    assert versions.found(root) == versions.found(ROOT)


def test_a_file_that_was_left_behind_is_named(tmp_path: Path) -> None:
    root = copies(tmp_path)
    config = root / "shared/config.py"
    config.write_text(config.read_text("utf-8").replace(f'VERSION = "{versions.declared(ROOT)}"', 'VERSION = "0.0.9"'))
    with pytest.raises(versions.VersionError, match=r"shared/config\.py has 0\.0\.9"):
        versions.judge(root)


def test_an_archive_follows_from_its_files_alone() -> None:
    assert zipped({"b": b"2", "a": b"1"}) == zipped({"a": b"1", "b": b"2"})
    assert zipped({"a": b"1"}) != zipped({"a": b"2"})
    with zipfile.ZipFile(io.BytesIO(zipped({"a/b": b"1"}))) as archive:
        assert archive.read("a/b") == b"1"


def test_a_component_without_a_licence_stops_the_release(tmp_path: Path) -> None:
    bill = {"components": [{"name": "left-pad", "version": "1.0.0"}]}
    with pytest.raises(materials.MaterialsError, match=r"left-pad 1\.0\.0 has no licence"):
        materials.licences([json.dumps(bill).encode()], tmp_path)


def test_licence_texts_of_the_bundle_are_there(tmp_path: Path) -> None:
    (tmp_path / "left-pad").mkdir()
    (tmp_path / "left-pad" / "LICENSE").write_text("Permission is granted\n")
    bill = {"components": [{"name": "left-pad", "version": "1.0.0", "licenses": [{"license": {"id": "MIT"}}]}]}
    text = materials.licences([json.dumps(bill).encode()], tmp_path).decode()
    assert "left-pad 1.0.0: MIT" in text
    assert "Permission is granted" in text


def test_a_folder_has_one_release_with_its_checksums(tmp_path: Path) -> None:
    command.write(tmp_path, {"old.zip": b"1"})
    command.write(tmp_path, {"new.zip": b"2"})
    assert {each.name for each in tmp_path.iterdir()} == {"new.zip", parts.CHECKSUMS}
    checked = subprocess.run(["sha256sum", "--check", parts.CHECKSUMS], cwd=tmp_path, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_a_deployment_needs_no_other_file_than_its_archive(tmp_path: Path) -> None:
    """The command starts and reads its templates' parameters from the archive's files alone."""
    content = zipped(parts.tracked(ROOT, parts.TEMPLATES))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from deployment.__main__ import main; "
    code += "sys.exit(main(sys.argv[1:]))"
    for words in (["--help"], ["all", "--help"], ["publish", "--dry-run", "--environment", "none"]):
        command_line = [sys.executable, "-I", "-c", code, *words]
        done = subprocess.run(command_line, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert "ModuleNotFoundError" not in done.stderr, done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode in {0, 1}


def test_a_package_of_a_release_is_published_as_it_is(tmp_path: Path) -> None:
    package = tmp_path / "app.zip"
    package.write_bytes(zipped(dict.fromkeys(packaging.NEEDED, b"")))
    assert packaging.released(package) == package.read_bytes()
    package.write_bytes(zipped({"function_app.py": b""}))
    with pytest.raises(DeploymentError, match=r"it lacks host\.json"):
        packaging.released(package)
    package.write_bytes(b"no zip file")
    with pytest.raises(DeploymentError, match="is no package of a release"):
        packaging.released(package)
    with pytest.raises(DeploymentError, match="is no package of a release"):
        packaging.released(tmp_path / "absent.zip")
