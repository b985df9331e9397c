"""Addresses on which a host listens."""

from pathlib import Path

import pytest
from functions_host.errors import ConfigError
from functions_host.http.listening import listen, origin_of
from host_testing.refused_start import HEAD, HOST_JSON, SAME_NAME, run_start


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1", "http://127.0.0.1:7071"),
        ("localhost", "http://127.0.0.1:7071"),
        ("0.0.0.0", "http://127.0.0.1:7071"),
        ("::", "http://[::1]:7071"),
        ("::1", "http://[::1]:7071"),
        ("192.0.2.7", "http://192.0.2.7:7071"),
    ],
)
def test_an_origin_can_be_called_from_this_machine(host: str, origin: str) -> None:
    assert origin_of(host, 7071) == origin


def test_an_invalid_port_is_refused() -> None:
    with pytest.raises(ConfigError, match="ports are 0 to 65535"):
        listen("127.0.0.1", 99_999)


def test_a_state_file_that_cannot_be_created_is_refused(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text(HOST_JSON)
    (tmp_path / "function_app.py").write_text(HEAD + SAME_NAME.format("one"))
    (tmp_path / ".run").touch()  # where the folder of the state file would be
    refused = run_start(tmp_path)
    assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
    assert "cannot be used: File exists" in refused.stderr
