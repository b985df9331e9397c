"""The stack around a tiny app: it starts, it survives its parts, and it leaves nothing behind."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import msal
import pytest
import requests
from azure_simulator.seeds import api_client_id
from simulation_base.clock import is_alive

from local.options import StackOptions
from local.people import PEOPLE, offered
from local.stack import PORTAL_ROLES, Stack, StackError
from packages.azure_simulator.tests.contract.browser import Browser

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

APP = """
import json, os
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route(route="facts")
def facts(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(json.dumps({"pid": os.getpid(), "env": dict(os.environ)}))
"""

# Starts a stack, says which processes it has, and waits to be killed.
STARTER = """
import json, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from local.options import StackOptions
from local.stack import Stack
stack = Stack(Path(sys.argv[1]), StackOptions(begins=datetime(2026, 3, 2, tzinfo=UTC), app=Path(sys.argv[2]), users=2))
stack.start()
print(json.dumps([part.process.pid for part in (stack.host, stack.cloud, stack._azurite.part)]), flush=True)
signal.pause()
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("app")
    (folder / "function_app.py").write_text(APP)
    (folder / "host.json").write_text(json.dumps({"version": "2.0"}))
    return folder


@pytest.fixture(scope="module")
def stack(app: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    options = StackOptions(begins=MORNING, speed=0.0, app=app, users=2, settings={"FAVOURITE": "blue"})
    with Stack(tmp_path_factory.mktemp("run") / "stack", options) as started:
        yield started


def facts(stack: Stack) -> Any:
    answer = stack.portal().ask("GET", "/facts").body
    return json.loads(answer) if isinstance(answer, str) else answer


def test_the_app_is_told_where_everything_is(stack: Stack) -> None:
    environment = facts(stack)["env"]
    at = stack.addresses
    assert environment["DESKWRIGHT_TABLES_URL"] == at.tables
    assert environment["AzureWebJobsStorage__queueServiceUri"] == at.queues
    assert environment["IDENTITY_ENDPOINT"] == f"{at.identity}/msi/token"
    assert environment["SSL_CERT_FILE"] == str(stack.certificates.bundle)
    assert environment["FAVOURITE"] == "blue"


def test_other_programs_find_the_addresses_in_a_file(stack: Stack) -> None:
    told = json.loads((stack.folder / "stack.json").read_text())
    assert (told["api"], told["cloud"], told["pid"]) == (stack.addresses.api, stack.addresses.cloud, os.getpid())


def test_nobody_else_reads_what_the_demo_was_seeded_with(stack: Stack) -> None:
    files = [stack.folder / name for name in ("seed.json", "stack.json")]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]


def test_the_portal_has_the_roles_of_an_administrator(stack: Stack) -> None:
    claims = jwt.decode(stack.portal().token(), options={"verify_signature": False})
    assert set(PORTAL_ROLES) <= set(claims["roles"])
    assert claims["aud"] == facts(stack)["env"]["DESKWRIGHT_API_AUDIENCE"] == api_client_id()


def test_the_people_of_the_page_sign_in_at_the_simulated_issuer(stack: Stack) -> None:
    administrator = next(each for each in PEOPLE if each.key == "administrator")
    bundle, authority = str(stack.certificates.bundle), f"{stack.addresses.cloud}/organizations"
    browser = Browser(stack.addresses.cloud, bundle)
    with offered(stack), closing(browser.session), requests.Session() as http:
        http.verify, http.trust_env = bundle, False
        client = msal.PublicClientApplication(
            facts(stack)["env"]["DESKWRIGHT_SIGN_IN_CLIENT_ID"],
            authority=authority,
            instance_discovery=False,
            http_client=http,
        )
        flow = client.initiate_auth_code_flow(
            ["api://deskwright/access_as_user"], redirect_uri="http://localhost:5005", response_mode="form_post"
        )
        browser.open(flow["auth_uri"]).choose(administrator.account).press("user")
        found = client.acquire_token_by_auth_code_flow(flow, browser.answer)
    claims = jwt.decode(found["access_token"], options={"verify_signature": False})
    assert (claims["aud"], claims["oid"]) == (api_client_id(), administrator.object_id)
    assert claims["roles"] == list(administrator.roles)


def test_a_killed_host_starts_again_at_its_address(stack: Stack) -> None:
    before = facts(stack)["pid"]
    stack.host.kill()
    assert stack.failed_part() == "Host"
    stack.start_host()
    assert facts(stack)["pid"] != before
    assert stack.failed_part() is None


def test_the_cloud_starts_again_with_what_it_had(stack: Stack) -> None:
    before = stack.ask_cloud("state")
    stack.restart_cloud()
    assert {**stack.ask_cloud("state"), "now": before["now"]} == before


def test_time_is_moved_for_all_at_once(stack: Stack) -> None:
    reached = stack.clock.now() + timedelta(days=1)
    stack.clock.advance(timedelta(days=1))
    while stack.clock.now() < reached:
        pass
    assert stack.clock.now() >= reached


def test_a_folder_has_one_stack_at_a_time(stack: Stack, app: Path) -> None:
    with pytest.raises(StackError, match="runs in"), Stack(stack.folder, StackOptions(begins=MORNING, app=app)):
        pass
    assert json.loads((stack.folder / "stack.json").read_text())["api"] == stack.addresses.api


def test_without_core_tools_func_is_refused_in_one_line(
    tmp_path: Path, app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    which = shutil.which
    monkeypatch.setattr("shutil.which", lambda name: None if name == "func" else which(name))
    options = StackOptions(begins=MORNING, app=app, host="func", users=2)
    with pytest.raises(StackError, match="Core Tools"), Stack(tmp_path / "stack", options):
        pass


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["kill -9", "SIGTERM"])
def test_nothing_runs_on_when_its_starter_dies(tmp_path: Path, app: Path, how: signal.Signals) -> None:
    command = [sys.executable, "-c", STARTER, str(tmp_path / "stack"), str(app)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        pids = json.loads(starter.stdout.readline())
        starter.send_signal(how)
    while any(is_alive(pid) for pid in pids):
        pass
