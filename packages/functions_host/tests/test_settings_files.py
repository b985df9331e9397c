"""host.json and local.settings.json: invalid values are refused with file and key, and secrets are not quoted."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from functions_host.cli import read_commands
from functions_host.cli.arguments import parser
from functions_host.errors import ConfigError
from functions_host.settings.config import load_settings, read_host_json


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("extensions", [], "extensions must be an object, not []"),
        ("extensions.http.routePrefix", 5, "extensions.http.routePrefix must be text, not 5"),
        ("extensions.http.customHeaders", {"X-A": ["b"]}, "customHeaders.X-A must be text"),
        (
            "extensions.durableTask.hubName",
            "my-hub",
            'hubName must be 3-45 letters or digits, letter first, not "my-hub"',
        ),
        ("extensions.durableTask.maxConcurrentActivityFunctions", 0, "must be a whole number from 1, not 0"),
        ("extensions.durableTask.maxConcurrentActivityFunctions", "ten", 'must be a whole number from 1, not "ten"'),
        ("extensions.durableTask.versionMatchStrategy", "Newest", "must be one of"),
        ("extensions.queues.batchSize", True, "must be a whole number from 1, not true"),
        ("extensions.queues.maxPollingInterval", 2000, "must be a time span (hh:mm:ss), not 2000"),
        ("functionTimeout", "5 min", 'functionTimeout must be a time span (hh:mm:ss), not "5 min"'),
        ("functions", "one", 'functions must be a list, not "one"'),
        ("logging.logLevel", "Debug", 'logging.logLevel must be an object, not "Debug"'),
    ],
)
def test_an_invalid_value_in_host_json_is_refused_with_its_key(
    tmp_path: Path, path: str, value: Any, words: str
) -> None:
    inner = value
    for name in reversed(path.split(".")):
        inner = {name: inner}
    (tmp_path / "host.json").write_text(json.dumps({"version": "2.0", **inner}))
    with pytest.raises(ConfigError) as refused:
        read_host_json(tmp_path, {})
    assert str(refused.value).startswith(f"{tmp_path}/host.json: ")
    assert words in str(refused.value)


def test_null_and_quoted_numbers_are_read(tmp_path: Path) -> None:
    durable = {"maxConcurrentActivityFunctions": "7", "storageProvider": None}
    host = {"version": "2.0", "extensions": {"durableTask": durable, "queues": None}}
    (tmp_path / "host.json").write_text(json.dumps(host))
    found = read_host_json(tmp_path, {})
    assert (found.max_activities, found.queues.batch_size) == (7, 16)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"Values": ["hunter2"]}, "Values must be an object"),
        ({"Values": {"A": {"b": "hunter2"}}}, "Values.A must be text"),
        ({"IsEncrypted": True, "Values": {"A": "hunter2"}}, "encrypted"),
        ({"Values": {"A": "hunter2\0"}}, "Values.A: embedded null byte"),
    ],
)
def test_settings_that_cannot_be_set_are_refused_and_not_quoted(tmp_path: Path, settings: object, words: str) -> None:
    (tmp_path / "local.settings.json").write_text(json.dumps(settings))
    with pytest.raises(ConfigError) as refused:
        load_settings(tmp_path)
    assert words in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(("settings", "port"), [(None, 7071), ({}, 7071), ({"Host": {"LocalHttpPort": 7099}}, 7099)])
def test_the_port_is_that_of_core_tools(tmp_path: Path, settings: object, port: int) -> None:
    if settings is not None:
        (tmp_path / "local.settings.json").write_text(json.dumps(settings))
    arguments = parser().parse_args(["start", "--app", str(tmp_path)])
    assert read_commands.port(arguments) == port
    assert read_commands.port(parser().parse_args(["start", "--app", str(tmp_path), "--port", "0"])) == 0


def test_a_host_begins_with_the_variables_of_its_file(tmp_path: Path) -> None:
    """Python reads some only when it begins: PYTHONPATH here, SSL_CERT_FILE in practice."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "given.py").write_text("")
    app = tmp_path / "app"
    app.mkdir()
    (app / "host.json").write_text(json.dumps({"version": "2.0"}))
    (app / "function_app.py").write_text("import given\nraise SystemExit('it was there')\n")
    (app / "local.settings.json").write_text(json.dumps({"Values": {"PYTHONPATH": str(tmp_path / "elsewhere")}}))
    command = [sys.executable, "-m", "functions_host", "start", "--app", str(app), "--db", str(tmp_path / "db")]
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ended = subprocess.run(command, env=bare, capture_output=True, text=True, check=False, timeout=60)
    assert "it was there" in ended.stderr
