"""azure.yaml, its hooks and the command line: what azd looks for is there, and everything starts with Python alone."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from deployment.__main__ import _parser
from deployment.clients import DeploymentError
from deployment.environment import Environment
from deployment.sign_in import tokens
from deployment.steps import TEMPLATE
from deployment.templates import compiled
from tests.house.tree import ROOT, text

AZD = yaml.safe_load(text(ROOT / "azure.yaml"))
HOOKS = ROOT / "deployment" / "hooks"


def test_azd_finds_the_template_the_app_and_the_hooks() -> None:
    infra = AZD["infra"]
    assert (ROOT / infra["path"] / f"{infra['module']}.bicepparam").is_file()
    (name,) = AZD["services"]
    assert f"'azd-service-name': '{name}'" in text(ROOT / "infra" / "main.bicep")
    assert "'azd-env-name': environmentName" in text(ROOT / "infra" / "azd.bicep")
    assert AZD["services"][name]["host"] == "function"
    named = [each["run"] for each in (*AZD["hooks"].values(), *AZD["services"][name]["hooks"].values())]
    assert {ROOT / each for each in named} == set(HOOKS.glob("*.py"))


def test_the_hook_after_a_preview_has_nothing_to_connect(tmp_path: Path) -> None:
    bare = {"PATH": str(tmp_path), "AZURE_ENV_NAME": "test", "HOME": str(tmp_path)}
    hook = [sys.executable, "-S", str(HOOKS / "postprovision.py")]
    done = subprocess.run(hook, env=bare, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "Nothing was provisioned yet: there is nothing to connect.\n")


def test_hooks_install_nothing_of_the_app() -> None:
    lines = text(HOOKS / "requirements.txt").splitlines()
    assert [line for line in lines if not line.startswith("#")] == []


def test_the_hook_that_builds_the_portal_needs_no_package() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import local.portal_bundle"],
        cwd=ROOT,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("words", [["-m", "deployment", "--help"], [str(HOOKS / "preprovision.py")]])
def test_a_step_starts_without_any_package(words: list[str], tmp_path: Path) -> None:
    bare = {"PATH": str(tmp_path), "AZURE_ENV_NAME": "test", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-S", *words], cwd=tmp_path, env=bare, capture_output=True, text=True, check=False, timeout=60
    )
    if "--help" in words:
        assert (done.returncode, done.stderr) == (0, "")
    else:
        assert (done.returncode, done.stderr.strip().splitlines()[-1]) == (
            1,
            "Neither az nor azd is installed: one of them has to be signed in.",
        )


def program(folder: Path, name: str, answer: str, code: int = 0) -> None:
    """Put a program on a PATH that says something and ends."""
    path = folder / name
    path.write_text(f"#!/bin/sh\necho \"$@\" >> {folder}/{name}.asked\necho '{answer}'\nexit {code}\n", "utf-8")
    path.chmod(0o755)


@pytest.mark.parametrize("within_azd", [False, True])
def test_a_token_is_asked_of_who_runs_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, within_azd: bool
) -> None:
    program(tmp_path, "az", '{"accessToken": "of az", "expires_on": 4102444800}')
    program(tmp_path, "azd", '{"token": "of azd", "expiresOn": "2100-01-01T00:00:00Z"}')
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin{os.pathsep}/usr/bin")
    monkeypatch.delenv("AZURE_ENV_NAME", raising=False)
    if within_azd:
        monkeypatch.setenv("AZURE_ENV_NAME", "test")
    token = tokens("https://graph.microsoft.com")
    assert {token(), token()} == {"of azd" if within_azd else "of az"}
    (asked,) = (tmp_path / f"{'azd' if within_azd else 'az'}.asked").read_text("utf-8").splitlines()
    assert "https://graph.microsoft.com" in asked


def test_who_is_signed_in_nowhere_is_told_both_reasons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "az", "", 1)
    program(tmp_path, "azd", "", 1)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin{os.pathsep}/usr/bin")
    with pytest.raises(DeploymentError, match="Sign in with 'az login' or 'azd auth login'"):
        tokens("https://graph.microsoft.com")()


def test_an_environment_keeps_its_values_as_azd_does(tmp_path: Path) -> None:
    Environment(tmp_path, "test", {}).set("AZURE_LOCATION", "westeurope")
    assert (tmp_path / ".azure" / "test" / ".env").read_text("utf-8") == 'AZURE_LOCATION="westeurope"\n'
    again = Environment(tmp_path, "test", {"AZURE_LOCATION": "northeurope"})
    assert (again.get("AZURE_LOCATION"), Environment(tmp_path, "test", {}).need("AZURE_LOCATION")) == (
        "northeurope",
        "westeurope",
    )
    with pytest.raises(DeploymentError, match="AZURE_TENANT_ID is not known yet"):
        again.need("AZURE_TENANT_ID")
    with pytest.raises(DeploymentError, match="no name of an environment"):
        Environment(tmp_path, "../other", {})


def test_the_example_of_a_pipeline_runs_commands_that_there_are() -> None:
    example = yaml.safe_load(text(ROOT / "docs" / "deploy-workflow.yml"))
    jobs = example["jobs"]
    read = re.findall(r"readEnvironmentVariable\('(\w+)'", text(ROOT / "infra" / "azd.bicepparam"))
    assert set(read) <= set(example["env"])  # what a pipeline does not say, it would take away
    assert example["permissions"] == {"contents": "read"}
    assert jobs["deploy"]["environment"] == "production"
    runs = [step.get("run", "") for job in jobs.values() for step in job["steps"]]
    started = [words.split() for run in runs for words in re.findall(r"python -m deployment ([^\n|]+)", run)]
    assert [words[0] for words in started] == ["provision", "provision", "publish", "verify"]
    for words in started:
        assert _parser().parse_args([word.strip('"') for word in words]).environment == "$AZURE_ENV_NAME"
    named = {name for run in runs for name in re.findall(r"--file (\S+)", run)}
    assert all((ROOT / name).is_file() for name in named)


def test_a_pull_request_never_runs_as_the_identity_that_deploys() -> None:
    source = text(ROOT / "docs" / "deploy-workflow.yml")
    example = yaml.safe_load(source)
    used = re.findall(r"uses: (.*)", source)
    assert [each for each in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", each)] == []
    assert "pull_request_target" not in source
    jobs = example["jobs"]
    entered = {name: job for name, job in jobs.items() if "id-token" in job.get("permissions", {})}
    assert {name: job["environment"] for name, job in entered.items()} == {
        "preview": "preview",
        "deploy": "production",
    }
    identities = {
        name: {step["with"]["client-id"] for step in job["steps"] if "azure/login" in step.get("uses", "")}
        for name, job in jobs.items()
    }
    assert identities == {
        "judge": set(),
        "preview": {"${{ vars.AZURE_PREVIEW_CLIENT_ID }}"},
        "deploy": {"${{ vars.AZURE_CLIENT_ID }}"},
    }
    assert "AZURE_CLIENT_ID" not in example["env"]
    for name, job in jobs.items():
        assert set(job.get("permissions", {}).items()) <= {("contents", "read"), ("id-token", "write")}, name
        for step in job["steps"]:
            if "actions/checkout" in step.get("uses", ""):
                assert step["with"] == {"persist-credentials": False}
    assert jobs["deploy"]["if"] == "github.event_name == 'push'"
    assert example[True]["push"] == {"branches": ["main"]}  # YAML 1.1 reads "on" as a truth value


def test_the_commands_of_the_page_are_read() -> None:
    pages = [text(ROOT / "docs" / name) for name in ("deploy.md", "one-organisation.md")]
    page = "\n".join(pages).replace("\\\n", " ")
    commands = re.findall(r"(?m)^python -m deployment (.*)$", page)
    assert len(commands) == 12
    for words in commands:
        _parser().parse_args(shlex.split(words))


def test_within_a_hook_azd_keeps_the_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "azd", "")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin{os.pathsep}/usr/bin")
    here = Environment(tmp_path, "test", {"AZURE_ENV_NAME": "test"})
    here.set("DESKWRIGHT_API_CLIENT_ID", "one")
    assert (tmp_path / "azd.asked").read_text("utf-8") == "env set DESKWRIGHT_API_CLIENT_ID one\n"
    assert (here.get("DESKWRIGHT_API_CLIENT_ID"), (tmp_path / ".azure").exists()) == ("one", False)


@pytest.mark.parametrize(("name", "words"), [("bicep", "build --stdout"), ("az", "bicep build --stdout --file")])
def test_a_template_is_compiled_by_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    program(tmp_path, name, '{"resources": []}')
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin{os.pathsep}/usr/bin")
    assert compiled(TEMPLATE) == {"resources": []}
    assert (tmp_path / f"{name}.asked").read_text("utf-8") == f"{words} {TEMPLATE}\n"


def test_a_template_that_does_not_compile_or_nobody_compiles_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeploymentError, match="No Bicep compiler"):
        compiled(TEMPLATE)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin{os.pathsep}/usr/bin")
    program(tmp_path, "bicep", "", 1)
    with pytest.raises(DeploymentError, match=r"azd\.bicep does not compile"):
        compiled(TEMPLATE)
