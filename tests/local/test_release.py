"""A release that is built twice, in two folders, has the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT

INSTALLED = (".tools", "portal/node_modules", "portal/schema/node_modules")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_two_builds_in_two_folders_have_the_same_bytes(tmp_path: Path) -> None:
    sums = [built(tmp_path / name) for name in ("first", "a-second-folder")]
    assert sums[0] == sums[1]
    assert len(sums[0].splitlines()) == 6
    for name in sums[0].split()[1::2]:
        content = (tmp_path / "first" / "dist" / name).read_bytes()
        assert str(tmp_path).encode() not in content
        assert str(ROOT).encode() not in content


def built(folder: Path) -> str:
    """Build the release of this commit in a clone, and return its checksums."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    for name in INSTALLED:
        (folder / name).symlink_to(ROOT / name)
    for words in (["local.portal_bundle", "build"], ["local.release", "build", "--any-tree"]):
        environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run([sys.executable, "-m", *words], cwd=folder, env=environment, check=True)
    return (folder / "dist" / "SHA256SUMS").read_text("utf-8")
