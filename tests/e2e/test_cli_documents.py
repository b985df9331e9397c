"""The commands that docs/cli.md prints, run in their order against the whole service."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from local.options import APP
from local.people import offered
from local.stack import Stack
from tests.e2e.office import GALLERY_IMAGE, SMALL
from tests.e2e.test_cli import SCRIPT, OpenOffice, Shell

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.embedded_only("it waits in simulated minutes")]

PAGE = (APP / "docs" / "cli.md").read_text("utf-8")
SOMEBODY = "user04@contoso.example"


def blocks() -> list[str]:
    """The blocks of the page that a reader is meant to type."""
    return re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_what_the_page_prints_runs(stack: Stack, open_office: OpenOffice, tmp_path: Path) -> None:
    office = open_office()
    upn, connection = office.user(1, SMALL), office.connection()
    group = office.group("staff", upn)
    office.policy("Office", connection, group)
    office.settled(upn)
    form = {
        "connection": {"connectionIds": [connection]},
        "image": {"imageType": "gallery", "imageId": GALLERY_IMAGE},
        "groups": {"groupIds": [group]},
        "detail": {"displayName": "From a file"},
    }
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump(form))
    assert SOMEBODY in PAGE
    with offered(stack):
        environment = Shell(office, tmp_path).environment
        environment["PATH"] = f"{Path(SCRIPT).parent}{os.pathsep}{environment['PATH']}"
        for block in blocks():
            for line in block.replace(SOMEBODY, upn).splitlines():
                done = subprocess.run(
                    ["bash", "-ec", line], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    kinds = [each["kind"] for each in yaml.safe_load_all((tmp_path / "tenant.yaml").read_text())]
    assert kinds == ["tenant", "site", "connection", "provisioningPolicy"]
