"""A deployment that is refused, broken off, misunderstood or started wrongly: it says so, and goes on."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from deployment import __main__ as commands
from deployment import registrations, steps, templates
from deployment.clients import Client, DeploymentError, RefusedError, Reply, Transport
from deployment.graph_permissions import missing
from packages.azure_simulator.tests.directory import GRAPH
from tests.deployment.simulated import SUBSCRIPTION, Cloud, place, quiet
from tests.deployment.test_azd import program
from tests.deployment.test_provisioning import reply, scripted
from tests.deployment.test_registrations import principal_of

NAMES = ("Deskwright test", "Deskwright test sign-in", "Deskwright test for customers")
SERVICE = {"SERVICE_API_URI": "https://deskwright-abc.azurewebsites.net", "DESKWRIGHT_FOR_CUSTOMERS": "True"}


def run(where: steps.Place) -> list[str]:
    """Run the two steps that create objects in a directory; return their changes."""
    report = quiet()
    steps.register(where, report)
    steps.connect(where, report)
    return report.changes


def disturbed(where: steps.Place, transport: Callable[[Transport], Transport]) -> steps.Place:
    """Return the same installation with requests that take another way."""
    graph, arm = (replace(each, transport=transport(each.transport)) for each in (where.graph, where.arm))
    return replace(where, graph=graph, arm=arm)


def begun(folder: Path) -> tuple[Cloud, steps.Place]:
    cloud = Cloud()
    where = place(cloud, folder, **SERVICE)
    where.environment.set(steps.PRINCIPAL, principal_of(cloud, "identity"))
    return cloud, where


def assert_complete(cloud: Cloud, where: steps.Place) -> None:
    """Everything is there once, and another run changes nothing."""
    for name in NAMES:
        assert len(list(cloud.graph.rows(f"/v1.0/applications?$filter=displayName eq '{name}'"))) == 1
    assert missing(cloud.graph, where.environment.need(steps.PRINCIPAL)) == []
    reader = registrations.registered(cloud.graph, where.environment.need(steps.READER))
    assert len(list(cloud.graph.rows(f"/v1.0/applications/{reader.id}/federatedIdentityCredentials"))) == 1
    assert run(where) == []


@pytest.mark.parametrize("part", range(4))
def test_wherever_a_run_is_broken_off_the_next_one_completes_it_and_doubles_nothing(tmp_path: Path, part: int) -> None:
    for number in range(part, 200, 4):
        cloud, where = begun(tmp_path / str(number))
        left = count()

        def lost(inner: Transport, left: "count[int]" = left, number: int = number) -> Transport:
            def transport(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
                answer = inner(method, url, headers, body)
                if method != "GET" and next(left) == number:
                    raise KeyboardInterrupt
                return answer

            return transport

        try:
            run(disturbed(where, lost))
        except KeyboardInterrupt:
            run(where)
            assert_complete(cloud, where)
        else:
            assert number > 10
            return
    pytest.fail("no run came to its end")


@pytest.mark.parametrize("part", range(4))
def test_a_refusal_of_any_request_is_told_as_it_is_and_the_next_run_completes(tmp_path: Path, part: int) -> None:
    for number in range(part, 400, 4):
        cloud, where = begun(tmp_path / str(number))
        left = count()

        def refusing(inner: Transport, left: "count[int]" = left, number: int = number) -> Transport:
            def transport(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
                if next(left) == number:
                    return reply(403, {"error": {"code": "Authorization_RequestDenied", "message": "You lack a role."}})
                return inner(method, url, headers, body)

            return transport

        said = ""
        try:
            run(disturbed(where, refusing))
        except RefusedError as refused:
            said = str(refused)
        if not said:
            assert number > 20
            return
        assert said.endswith("was answered 403 Authorization_RequestDenied: You lack a role.")
        if number % 5 == 0:
            run(where)
            assert_complete(cloud, where)
    pytest.fail("no run came to its end")


def test_a_directory_that_does_not_know_yet_what_was_made_is_waited_for(tmp_path: Path) -> None:
    cloud, where = begun(tmp_path)
    unknown: dict[str, int] = {}

    def late(inner: Transport) -> Transport:
        def transport(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
            path = url.partition("?")[0]
            if method == "GET" and "/applications/" in path and "federated" not in path:
                unknown[path] = unknown.get(path, 0) + 1
                if unknown[path] <= 3:
                    return reply(404, {"error": {"code": "Request_ResourceNotFound", "message": "not there"}})
            return inner(method, url, headers, body)

        return transport

    run(disturbed(where, late))
    assert_complete(cloud, where)


def test_an_identity_that_never_arrives_is_told_after_a_minute() -> None:
    client, asked, waited = scripted(*[reply(404, {"error": {"code": "Request_ResourceNotFound"}})] * 13)
    with pytest.raises(RefusedError, match="404 Request_ResourceNotFound"):
        client.awaited("/v1.0/servicePrincipals/1")
    assert (len(asked), sum(waited)) == (13, 60.0)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_what_makes_something_is_not_sent_again_when_nobody_knows_whether_it_was_done(status: int) -> None:
    client, asked, _ = scripted(reply(status), reply(201))
    with pytest.raises(RefusedError):
        client.send("POST", "/v1.0/applications", {})
    assert len(asked) == 1
    client, asked, _ = scripted(reply(status), reply(200, {}), reply(status), reply(200, {}))
    assert (client.get("/v1.0/me"), len(asked)) == ({}, 2)
    assert client.send("POST", "/whatIf", {}, again=True).json() == {}


def test_a_deployment_that_goes_on_in_azure_is_waited_for() -> None:
    states = ("Running", "Running", "Failed")
    client, _, waited = scripted(*(reply(200, {"properties": {"provisioningState": each}}) for each in states))
    plan = templates.Plan(SUBSCRIPTION, "westeurope", "x", {}, {})
    assert (templates.await_earlier(client, plan), waited) == ("Failed", [5.0, 5.0])
    for answer in (reply(404), reply(200, {"properties": {"provisioningState": "Succeeded"}})):
        assert templates.await_earlier(scripted(answer)[0], plan) == ""


def test_without_a_subscription_nothing_is_left_out_in_silence(tmp_path: Path) -> None:
    cloud = Cloud()
    where = place(cloud, tmp_path)
    where.environment.give("AZURE_SUBSCRIPTION_ID", "")
    with pytest.raises(DeploymentError, match="AZURE_SUBSCRIPTION_ID is not known yet"):
        steps.register(where, quiet())


@pytest.fixture
def main(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run a command in a checkout of its own, with `az`, against a service that answers as a test says."""
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin{os.pathsep}/usr/bin")
    monkeypatch.delenv("AZURE_ENV_NAME", raising=False)
    monkeypatch.delenv("DESKWRIGHT_DEBUG", raising=False)
    program(tmp_path, "az", '{"accessToken": "of az", "expires_on": 4102444800}')

    def run(answer: Callable[[], Reply], *words: str) -> int:
        client = partial(Client, transport=lambda *_: answer(), wait=lambda _: None)
        monkeypatch.setattr(commands, "Client", client)
        where = ("--subscription", SUBSCRIPTION, "--tenant", "a-directory", "--location", "westeurope")
        return commands.main([*words, *where])

    return run


def interrupted() -> Reply:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (lambda: Reply(200, {}, b"<html>Sign in to the hotel"), 1, "An answer is no JSON (a proxy's page?): '<html>"),
        (lambda: Reply(200, {}, b"\xff\xfe"), 1, "An answer is no JSON"),
        (lambda: Reply(502, {}, b"<html>bad gateway"), 1, "was answered 502: <html>bad gateway"),
        (lambda: reply(200, {"value": [{}]}), 1, "An answer is not understood (KeyError('appId'))"),
        (lambda: reply(200, []), 1, "An answer is not understood (TypeError"),
        (lambda: reply(302, None, location="https://elsewhere.example"), 1, "was answered 302"),
        (lambda: reply(401, {"error": {"code": "InvalidAuthenticationToken", "message": "expired"}}), 1, "401 Invalid"),
        (interrupted, 130, "Broken off. What was done stays"),
    ],
)
def test_whatever_is_answered_is_told_in_a_line(
    main: Callable[..., int], capsys: pytest.CaptureFixture[str], answer: Callable[[], Reply], code: int, said: str
) -> None:
    assert main(answer, "register") == code
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize("text", [None, "{", "[]", "\udcff"])
def test_a_template_that_is_none_is_told(
    main: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str | None
) -> None:
    path = tmp_path / "template.json"
    if text is not None:
        path.write_text(text, "utf-8", errors="surrogateescape")
    assert main(lambda: reply(404), "provision", "--template", str(path)) == 1
    assert str(path) in capsys.readouterr().err


def test_values_that_cannot_be_kept_or_read_are_told(
    main: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / ".azure").write_text("")
    assert main(lambda: reply(404), "register") == 1
    assert "Not a directory" in capsys.readouterr().err
    (tmp_path / ".azure").unlink()
    (tmp_path / ".azure" / "deskwright" / ".env").mkdir(parents=True)
    assert main(lambda: reply(404), "register") == 1
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    "answer", ["", "a token", "[]", '{"expires_on": 1}', '{"accessToken": "x", "expires_on": "y"}']
)
def test_a_program_that_gives_no_token_is_told(
    main: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path, answer: str
) -> None:
    program(tmp_path, "az", answer)
    assert main(lambda: reply(404), "register") == 1
    assert "Sign in with 'az login'" in capsys.readouterr().err


def test_the_token_is_of_the_directory_that_was_named(main: Callable[..., int], tmp_path: Path) -> None:
    main(lambda: reply(403), "register")
    (asked,) = (tmp_path / "az.asked").read_text("utf-8").splitlines()
    assert asked.endswith(f"--resource {GRAPH} --output json --tenant a-directory")


def test_a_dry_run_of_all_steps_ends_where_nothing_is_known_yet_and_that_is_no_failure(
    main: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sku = {"resourceType": "storageAccounts", "name": "Standard_ZRS", "locations": ["westeurope"]}
    usage = {"name": {"value": "StorageAccounts"}, "currentValue": 0, "limit": 250}
    checked = ({"actions": ["*"]}, {"name": "West Europe"}, sku, usage)
    previewed = reply(200, {"status": "Succeeded", "properties": {"changes": []}})
    looked = (reply(200, {"value": [each]}) for each in checked)
    checks = [reply(200, {"state": "Enabled"}), *looked, previewed, reply(200, {})]
    registered = [*[reply(200, {"value": []})] * 3, reply(200, {"registrationState": "Registered"})]
    answers = iter([*checks, *registered])
    (tmp_path / "template.json").write_text(json.dumps({"resources": []}), "utf-8")
    template = ("--template", str(tmp_path / "template.json"))
    assert main(lambda: next(answers), "all", "--dry-run", *template) == 0
    said = capsys.readouterr()
    assert "DESKWRIGHT_API_CLIENT_ID is not known yet" in said.out
    assert said.out.splitlines()[-1].endswith("changes would be made; nothing was written.")
    assert not (tmp_path / ".azure").exists()


def test_a_reader_that_goes_away_is_no_traceback(
    main: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    class Closed:
        def write(self, _: str) -> int:
            raise BrokenPipeError

        def flush(self) -> None:
            raise BrokenPipeError

        def fileno(self) -> int:
            return os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)

    monkeypatch.setattr(sys, "stdout", Closed())
    assert main(lambda: reply(404), "register") == 1
    assert "Traceback" not in capsys.readouterr().err
