"""`python -m azure_simulator`: its help, and how it refuses wrong options."""

import subprocess
import sys
from pathlib import Path
from socket import socket

import pytest
from azure_simulator.__main__ import arguments
from azure_simulator.certificates import Certificates


def run(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "azure_simulator", *options], capture_output=True, text=True, check=False
    )


def parsed(*options: str) -> int:
    with pytest.raises(SystemExit) as ended:
        arguments().parse_args(options)
    return int(ended.value.code or 0)


def test_the_help_names_every_option_and_how_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    assert parsed("--help") == 0
    text = capsys.readouterr().out
    options = [each for action in arguments()._actions for each in action.option_strings]
    assert not [each for each in (*options, "SSL_CERT_FILE", "/_sim", "docs/reference.md") if each not in text]
    assert not [action.dest for action in arguments()._actions if not action.help]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--port", "70000"], "from 0 to 65535"),
        (["--port", "https"], "from 0 to 65535"),
        (["--rate", "-1"], "from 0 on"),
        (["--rate", "nan"], "from 0 on"),
        (["--rate", "inf"], "from 0 on"),
        (["--profile", "warp"], "invalid choice"),
        (["--seed", "x"], "invalid int"),
        (["--clock", "c", "--rate", "2"], "not allowed with"),
        (["--seed-file", "/no/such/file"], "cannot be read"),
        (["--prof", "fast"], "unrecognized"),
    ],
)
def test_wrong_options_are_named(options: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert parsed(*options) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(("text", "says"), [("a: [", "neither YAML nor JSON"), ("- 1", "must hold an object")])
def test_a_seed_file_that_is_none_is_refused(
    tmp_path: Path, text: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "seed.yaml"
    path.write_text(text)
    assert parsed("--seed-file", str(path)) == 2
    assert says in capsys.readouterr().err


@pytest.mark.simulator
def test_what_cannot_start_is_reported_in_one_line(tmp_path: Path, certificates: Certificates) -> None:
    folder, seed = ["--ca-dir", str(certificates.folder)], tmp_path / "seed.yaml"
    seed.write_text("nobody: []")
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for options in (["--clock", "/no/clock"], ["--seed-file", str(seed)], ["--port", port]):
            done = run(*folder, *options)
            assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
