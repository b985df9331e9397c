"""``python -m local``: what it refuses, in words, before anything is started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.__main__ import main
from local.options import APP


def told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str
) -> tuple[int | str | None, str]:
    monkeypatch.setattr(sys, "argv", ["local", *words])
    try:
        code: int | str | None = main()
    except SystemExit as ended:
        code = ended.code
    return code, capsys.readouterr().err


@pytest.mark.parametrize("number", ["0", "1", "-3", "abc", "5001", "2.5"])
def test_a_number_of_users_without_sense_is_refused(
    number: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = told(capsys, monkeypatch, "demo", f"--users={number}")
    assert code == 2
    assert f"'{number}' is no whole number from 2 to 5,000" in said


@pytest.mark.parametrize("speed", ["0", "-1", "abc", "nan", "inf"])
def test_a_speed_at_which_no_time_passes_is_refused(
    speed: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = told(capsys, monkeypatch, "demo", f"--speed={speed}")
    assert code == 2
    assert f"'{speed}' is no number above 0" in said


def as_a_command(*words: str, path: str | None = None) -> "subprocess.CompletedProcess[str]":
    """Run it apart: a demo takes the signals of its process."""
    environment = {**os.environ, **({} if path is None else {"PATH": path})}
    command = [sys.executable, "-m", "local", *words]
    return subprocess.run(command, cwd=APP, env=environment, capture_output=True, text=True, check=False)


def test_core_tools_that_are_missing_are_missed_before_anything_starts(tmp_path: Path) -> None:
    refused = as_a_command("demo", "--host", "func", "--folder", str(tmp_path / "run"), path=str(tmp_path))
    assert refused.returncode == 1
    assert refused.stderr.startswith("make run: HOST=func needs Azure Functions Core Tools 4")
    assert not (tmp_path / "run").exists()


def test_a_day_of_a_spot_group_is_refused_with_a_host_on_real_time(tmp_path: Path) -> None:
    refused = as_a_command("demo", "--demo", "spot", "--host", "func", "--folder", str(tmp_path / "run"))
    assert refused.returncode == 1
    assert refused.stderr.startswith("make run: DEMO=spot needs the embedded host")
    assert not (tmp_path / "run").exists()


def test_a_scenario_that_is_not_there_is_told_as_one() -> None:
    refused = as_a_command("demo", "--scenario", "99")
    assert refused.returncode == 1
    assert refused.stderr == "make scenario: there is no scenario 99; `make scenario` lists them\n"


def test_a_token_wants_a_demo_that_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = told(capsys, monkeypatch, "token", "--folder", str(tmp_path))
    assert code == 1
    assert said == f"python -m local token: nothing runs in {tmp_path}: start it with make run\n"
