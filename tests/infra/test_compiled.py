"""The stand-in for the compiler writes the same JSON of a file as Microsoft's compiler."""

import io
import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from packages.azure_simulator.tests.recorded.test_bicep import DATA
from tests.house.tree import ROOT
from tests.infra.compiled import Compiled, main

COMMIT = "f6bafa8c"
"""The commit of which Microsoft's compiler has compiled `infra/`."""
_ABOUT = frozenset({"metadata", "_generator"})


@pytest.fixture(scope="module")
def infra(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The templates of that commit."""
    asked = ["git", "archive", COMMIT, "infra"]
    packed = subprocess.run(asked, cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        pytest.skip("this checkout has no history: git fetch --unshallow")
    folder = tmp_path_factory.mktemp("compiled")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "infra"


def plain(value: Any, name: str = "") -> Any:
    """Return a template without its metadata, and with its resources and dependencies in one order."""
    if isinstance(value, dict):
        return {key: plain(each, key) for key, each in value.items() if key not in _ABOUT}
    if not isinstance(value, list):
        return value
    found = [plain(each) for each in value]
    return sorted(found, key=json.dumps) if name in {"dependsOn", "resources"} else found


@pytest.mark.parametrize("name", ["azd", "main", "customer"])
def test_a_template_is_microsoft_s(infra: Path, name: str) -> None:
    wanted = json.loads((DATA / f"{name}.compiled.json").read_text("utf-8"))
    assert plain(Compiled(infra / f"{name}.bicep").template) == plain(wanted)


@pytest.mark.parametrize(
    "line", ["var a = b", "output a string = identity.location", "module a 'x.bicep' = {\n  scope: subscription()\n}"]
)
def test_what_is_not_known_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.bicep"
    path.write_text(f"\nresource identity 'A.B/c@2024-01-01' = {{\n  name: 'a'\n}}\n{line}\n", "utf-8")
    with pytest.raises(SyntaxError, match=r"a\.bicep:\d"):
        Compiled(path)


def test_it_is_called_as_bicep_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--stdout", str(ROOT / "infra" / "azd.bicep")]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"]["storageSku"]["allowedValues"][0] == "Standard_ZRS"
    assert main(["lint"]) == 2
