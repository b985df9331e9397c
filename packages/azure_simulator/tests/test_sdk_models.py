"""The models of an SDK are found in the package of a version of the API, and in one that has a single version."""

from pathlib import Path

import pytest
from azure_simulator.arm.sdk_models import Library

MODEL = """
class RoleAssignmentCreateParameters(_Model):
    properties: "_models.Properties" = rest_field(visibility=["read", "create"])


class Properties(_Model):
    principal_id: str = rest_field(name="principalId", visibility=["read", "create"])
    scope: Optional[str] = rest_field(visibility=["read"])
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """Install an SDK; give the name of the package of its version."""
    package = f"paper_sdk_{abs(hash(request.param))}"
    models = tmp_path / package / request.param
    models.mkdir(parents=True)
    (tmp_path / package / "__init__.py").touch()
    (models / "_models.py").write_text(MODEL)
    monkeypatch.syspath_prepend(str(tmp_path))
    return f"{package}.v2022_04_01"


@pytest.mark.parametrize("installed", ["v2022_04_01/models", "models"], indirect=True)
def test_the_members_are_those_of_the_models_wherever_they_lie(installed: str) -> None:
    """azure-mgmt-authorization has subpackages of versions in 4, and none in 5."""
    found = Library(installed).members("RoleAssignmentCreateParameters")["properties"]
    inner = {name: (member.required, member.read_only) for name, member in found.shape.members.items()}
    assert (found.required, inner) == (True, {"principalid": (True, False), "scope": (False, True)})


def test_an_sdk_that_is_not_there_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match="paper_sdk_of_nobody"):
        Library("paper_sdk_of_nobody.v1")
