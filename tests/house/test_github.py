"""The GitHub workflow tests every Python that the package accepts, with pinned actions and no rights to write."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from cli.tests.test_shells import START
from tests.house.tree import ROOT, below, relative, text

FOLDER = ROOT / ".github"
WORKFLOWS = below(".github/workflows", suffix=".yml")
FORMS = below(".github/ISSUE_TEMPLATE", suffix=".yml")


def test_every_accepted_python_is_tested() -> None:
    accepted = SpecifierSet(tomllib.loads(text(ROOT / "pyproject.toml"))["project"]["requires-python"])
    tested = yaml.safe_load(text(FOLDER / "workflows" / "test.yml"))["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert tested == [version for version in (f"3.{minor}" for minor in range(30)) if version in accepted]


def test_the_newest_packages_are_tried_every_week() -> None:
    workflow = yaml.safe_load(text(FOLDER / "workflows" / "newest.yml"))
    minute, hour, _, month, weekday = workflow[True]["schedule"][0]["cron"].split()  # YAML takes "on" for a boolean
    assert (minute.isdigit(), hour.isdigit(), month, weekday.isdigit()) == (True, True, "*", True)
    commands = [step["run"].split(" | ")[0] for step in workflow["jobs"]["newest"]["steps"] if "run" in step]
    outdated = ".venv/bin/python -m pip list --outdated"
    assert commands == ["make lock", "git diff --unified=0 -- 'requirements*.txt'", "make test", outdated]
    accepted = SpecifierSet(tomllib.loads(text(ROOT / "pyproject.toml"))["project"]["requires-python"])
    assert all(version in accepted for version in workflow["jobs"]["newest"]["strategy"]["matrix"]["python"])


def test_role_assignments_are_tried_every_week_with_the_pre_release_that_is_accepted() -> None:
    steps = yaml.safe_load(text(FOLDER / "workflows" / "newest.yml"))["jobs"]["authorization"]["steps"]
    _, install, test = [step["run"].split() for step in steps if "run" in step]
    tried = Requirement(install[-1].strip('"'))
    (accepted,) = [
        one
        for one in map(Requirement, tomllib.loads(text(ROOT / "pyproject.toml"))["project"]["dependencies"])
        if one.name == tried.name
    ]
    assert tried.specifier.contains("5.0.0b2")
    assert accepted.specifier.contains("5.0.0b2", prereleases=True)
    files = [word for word in test if word.endswith(".py")]
    assert files
    assert [name for name in files if not (ROOT / name).is_file()] == []
    naming = [path for path in below("packages/azure_simulator/tests/contract") if "role_assignments." in text(path)]
    assert {str(relative(path)) for path in naming if path.name.startswith("test_")} <= set(files)


def test_the_workflow_runs_the_command_of_the_readme() -> None:
    steps = yaml.safe_load(text(FOLDER / "workflows" / "test.yml"))["jobs"]["test"]["steps"]
    shells, *others = [step for step in steps if "run" in step]
    assert [step["run"] for step in others] == ["make test"]
    assert shells["run"] == "sudo apt-get update && sudo apt-get install --yes zsh fish"


def test_the_workflow_has_every_shell_in_which_completion_is_tried() -> None:
    steps = yaml.safe_load(text(FOLDER / "workflows" / "test.yml"))["jobs"]["test"]["steps"]
    (wanted,) = [
        step["env"]["DESKWRIGHT_SHELLS"].split() for step in steps if "DESKWRIGHT_SHELLS" in step.get("env", {})
    ]
    assert wanted == list(START)
    (installed,) = [step["run"].partition("--yes ")[2].split() for step in steps if "apt-get" in step.get("run", "")]
    assert {"bash", *installed} == set(wanted)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit(workflow: Path) -> None:
    used = re.findall(r"uses: (.*)", text(workflow))
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", each)] == []


MAY_WRITE = {
    ("release", "publish"): {"contents", "id-token", "attestations"},  # a release, its provenance
    ("security", "codeql"): {"security-events"},  # findings
    ("security", "scorecard"): {"security-events"},
}
"""By workflow and job the scopes that it may write; all others only read."""


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_only_read(workflow: Path) -> None:
    parsed = yaml.safe_load(text(workflow))
    assert parsed["permissions"] == {"contents": "read"}
    written = {
        (workflow.stem, name): {scope for scope, level in job["permissions"].items() if level == "write"}
        for name, job in parsed["jobs"].items()
        if "permissions" in job
    }
    assert written == {job: scopes for job, scopes in MAY_WRITE.items() if job[0] == workflow.stem}


def test_no_code_of_the_repository_runs_where_a_release_is_signed() -> None:
    """A step that a tag's commit could have changed would hold the token that publishes."""
    steps = yaml.safe_load(text(FOLDER / "workflows" / "release.yml"))["jobs"]["publish"]["steps"]
    assert [each["uses"].partition("@")[0] for each in steps if "uses" in each] == ["actions/attest-build-provenance"]
    assert [each["run"] for each in steps if not each.get("run", "gh ").startswith("gh ")] == []


@pytest.mark.parametrize("form", [form for form in FORMS if form.stem != "config"], ids=lambda path: path.stem)
def test_an_issue_form_names_itself_and_asks_something(form: Path) -> None:
    parsed = yaml.safe_load(text(form))
    assert {"name", "description", "body"} <= set(parsed)
    assert any(field.get("validations", {}).get("required") for field in parsed["body"])
