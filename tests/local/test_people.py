"""The page on which people are chosen."""

import http.client
import json
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from azure_simulator.seeds import TENANT_ID

from local.people import PEOPLE, offered


@dataclass
class _Stack:
    """A stack whose simulated cloud gives tokens that can be read."""

    folder: Path
    addresses = SimpleNamespace(api="http://127.0.0.1:7071")

    def tell_cloud(self, path: str, body: Any) -> Any:
        if path == "seed":  # everybody is made an account to sign in with
            (directory,) = body["tenants"]
            assert directory["tenantId"] == TENANT_ID
            return None
        assert path == "tokens"
        return {"access_token": json.dumps([body["name"], list(body["roles"]), body["oid"]])}


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with offered(_Stack(tmp_path)) as found:  # type: ignore[arg-type]
        yield found.removeprefix("http://").rstrip("/")


def ask(address: str, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def test_the_page_offers_everybody(address: str) -> None:
    status, headers, text = ask(address, "GET", "/")
    assert status == 200
    assert headers["Cache-Control"] == "no-store"
    assert all(f'action="/{each.key}"' in text for each in PEOPLE)


def test_who_works_on_the_portal_is_sent_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_DEV_SERVER", "http://localhost:5173")
    with offered(_Stack(tmp_path)) as found:  # type: ignore[arg-type]
        address = found.removeprefix("http://").rstrip("/")
        _, headers, _ = ask(address, "POST", f"/{PEOPLE[0].key}", Origin=f"http://{address}")
    assert headers["Location"].startswith("http://localhost:5173/portal/#chosen-token=")
    assert "form-action 'self' http://localhost:5173" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: str(person.key))
def test_who_is_chosen_comes_to_the_portal_with_a_token(address: str, person: Any) -> None:
    status, headers, _ = ask(address, "POST", f"/{person.key}", Origin=f"http://{address}")
    place, _, fragment = headers["Location"].partition("#")
    said = dict(urllib.parse.parse_qsl(fragment))
    assert (status, place) == (303, "http://127.0.0.1:7071/portal/")
    assert json.loads(said["chosen-token"]) == [person.name, list(person.roles), person.object_id]
    assert said["chosen-page"] == f"http://{address}/"


def test_a_command_line_finds_the_page_and_gets_a_token_there(address: str, tmp_path: Path) -> None:
    file = tmp_path / "people.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text())["people"] == f"http://{address}/"
    status, headers, text = ask(address, "POST", "/reader/token")
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert json.loads(json.loads(text)["access_token"])[:2] == ["Reader", ["CloudPC.Reader"]]
    assert ask(address, "POST", "/reader/token", Origin="http://evil.example")[0] == 403
    assert ask(address, "POST", "/reader/secret")[0] == 404


def test_two_people_are_two_objects_of_the_directory() -> None:
    assert len({each.object_id for each in PEOPLE}) == len(PEOPLE)


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
def test_a_page_of_somebody_else_gets_no_token(address: str, headers: dict[str, str]) -> None:
    status, answered, _ = ask(address, "POST", "/provider", **headers)
    assert status == 403
    assert "Location" not in answered


def test_nobody_else_can_be_chosen(address: str) -> None:
    assert ask(address, "POST", "/nobody")[0] == 404
