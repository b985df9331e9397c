"""Somebody signs in at the command line, with MSAL and the simulated Entra ID, and the service knows them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from azure_simulator.seeds import sign_in_client_id

from local.people import PEOPLE, offered
from tests.e2e.office import Office

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    pytest.mark.embedded_only("the command line finds the certificates of a local stack"),
]

SCRIPT = str(Path(sys.executable).with_name("deskwright"))
SCOPES = "openid profile offline_access api://deskwright/access_as_user"


def test_a_device_code_signs_somebody_in_for_later_commands(open_office: Callable[..., Office], tmp_path: Path) -> None:
    office = open_office()
    reader = next(each for each in PEOPLE if each.key == "reader")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DESKWRIGHT_")}
    environment |= {"DESKWRIGHT_CONFIG_DIR": str(tmp_path), "DESKWRIGHT_TENANT": office.name}
    bundle = str(office.stack.certificates.bundle)
    environment |= {"REQUESTS_CA_BUNDLE": bundle, "SSL_CERT_FILE": bundle}
    login = [SCRIPT, "login", office.stack.addresses.api, "--device-code", "--ca-bundle", bundle]
    login += ["--audience", "api://deskwright", "--authority", office.stack.addresses.cloud]
    with (
        offered(office.stack),
        subprocess.Popen(login, env=environment, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process,
    ):
        assert process.stderr is not None
        code = next(found[1] for line in process.stderr if (found := re.search(r"enter the code (\w+)", line)))
        consent = {"client": sign_in_client_id(), "scope": SCOPES, "user": reader.account}
        office.stack.tell_cloud("entra/consents", consent)
        office.stack.tell_cloud("entra/deviceCodes", {"userCode": code, "user": reader.account})
        said = process.stderr.read()
    assert (process.returncode, reader.account in said or reader.name in said) == (0, True), said

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SCRIPT, *words], env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
        )

    shown = run("api", "GET", "/me", "-o", "json")
    assert shown.returncode == 0, (shown.stdout, shown.stderr)
    me = json.loads(shown.stdout)
    assert (me["id"], me["roles"]) == (reader.object_id, list(reader.roles))
    listed = run("pc", "list", "-o", "json")
    assert (listed.returncode, {each["status"] for each in json.loads(listed.stdout)}) == (0, {"notProvisioned"})
    refused = run("api", "PATCH", "/tenants/{tenant}", "--set", "displayName=Mine")
    assert (refused.returncode, "Your role does not allow this" in refused.stderr) == (4, True)
