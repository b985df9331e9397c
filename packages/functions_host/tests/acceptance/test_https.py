"""The functions over TLS, beside the plain address."""

import json
import re
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from host_testing.refused_start import HEAD, HOST_JSON, SAME_NAME, run_start
from host_testing.running import RunningHost
from host_testing.storage_account import Certificates


@pytest.fixture
def secure(certificates: Certificates, tmp_path: Path) -> Iterator[RunningHost]:
    folder = certificates.bundle.parent
    arguments = ["--https-port", "0", "--https-cert", str(folder / "server.pem")]
    arguments += ["--https-key", str(folder / "server.key")]
    host = RunningHost(tmp_path / "state.db", tmp_path / "log", arguments=arguments).start()
    yield host
    assert host.stop() == 0


def test_a_function_answers_over_tls_and_knows_its_address(secure: RunningHost, certificates: Certificates) -> None:
    found = re.search(r"also at (https://\S+)", secure.log.read_text())
    assert found is not None
    trust = ssl.create_default_context(cafile=str(certificates.bundle))
    with urllib.request.urlopen(f"{found[1]}/api/echo", b"{}", timeout=60, context=trust) as answer:  # noqa: S310 - ours
        assert json.load(answer)["url"].startswith(found[1])
    assert secure.call("GET", "/api/hello").status == 200


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--https-port", "0"], "--https-port needs --https-cert and --https-key"),
        (["--https-port", "0", "--https-cert", "host.json", "--https-key", "host.json"], "for TLS"),
    ],
)
def test_what_cannot_be_served_over_tls_is_refused(tmp_path: Path, arguments: list[str], reason: str) -> None:
    (tmp_path / "host.json").write_text(HOST_JSON)
    (tmp_path / "function_app.py").write_text(HEAD + SAME_NAME.format("one"))
    refused = run_start(tmp_path, *arguments)
    assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
    assert reason in refused.stderr
