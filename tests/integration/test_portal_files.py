"""The portal's files as the function app sends them."""

import gzip
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest

from triggers import portal
from triggers.portal import PortalFiles

PAGE = b"<!doctype html><title>Deskwright</title>"
SCRIPT = b"export const answer = 42;\n"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder as the build leaves it."""
    (tmp_path / "assets").mkdir()
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite" / "manifest.json").write_text("{}")
    (tmp_path / "index.html").write_bytes(PAGE)
    (tmp_path / "assets" / "index-abc.js").write_bytes(SCRIPT)
    (tmp_path / "assets" / "index-abc.js.gz").write_bytes(gzip.compress(SCRIPT))
    return tmp_path


@pytest.fixture
def ask(built: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    settings = SimpleNamespace(portal_folder=str(built), authority_url="https://login.microsoftonline.com")
    monkeypatch.setattr(portal, "dependencies", lambda: SimpleNamespace(settings=settings))

    def asked(path: str, **headers: str) -> func.HttpResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        request = func.HttpRequest(
            method="GET", url=f"http://here/portal/{path}", headers=sent, route_params={"path": path}, body=b""
        )
        handler = portal.get_portal_file.build().get_user_function()
        answer: func.HttpResponse = handler(request)
        return answer

    return asked


@pytest.mark.parametrize("path", ["", "index.html", "t/contoso", "t/contoso/cloud-pcs/0123.5", "favicon.ico"])
def test_every_page_is_the_one_page(ask: Any, path: str) -> None:
    answer = ask(path)
    assert (answer.status_code, answer.get_body()) == (200, PAGE)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"


def test_a_file_with_a_hash_in_its_name_is_kept_for_ever(ask: Any) -> None:
    answer = ask("assets/index-abc.js")
    assert (answer.status_code, answer.get_body()) == (200, SCRIPT)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("", None), ("identity", None), ("gzip;q=0", None), ("br, gzip", "gzip"), ("deflate, GZIP;q=0.5", "gzip")],
)
def test_a_compressed_copy_goes_to_who_accepts_it(ask: Any, accepted: str, encoding: str | None) -> None:
    answer = ask("assets/index-abc.js", accept_encoding=accepted)
    body = gzip.decompress(answer.get_body()) if encoding else answer.get_body()
    assert (answer.headers.get("Content-Encoding"), body) == (encoding, SCRIPT)
    assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", ["assets/index-old.js", "assets/", "assets/../index.html"])
def test_a_file_of_another_build_is_missing(ask: Any, path: str) -> None:
    """The page would be an answer that a browser takes for a script."""
    assert ask(path).status_code == 404


@pytest.mark.parametrize("path", ["../secret.txt", "/etc/passwd", ".vite/manifest.json", "..%2fsecret.txt"])
def test_nothing_else_of_the_machine_is_served(ask: Any, built: Path, path: str) -> None:
    (built.parent / "secret.txt").write_text("secret")
    assert ask(path).get_body() == PAGE


def test_a_portal_that_is_built_beneath_a_running_host_is_the_next_that_is_sent(ask: Any, built: Path) -> None:
    assert ask("index.html").get_body() == PAGE
    for each in built.joinpath("assets").iterdir():
        each.unlink()
    (built / "assets" / "index-def.js").write_bytes(SCRIPT)
    (built / "index.html").write_bytes(b"<!doctype html><title>Built anew</title>")
    assert ask("assets/index-abc.js").status_code == 404
    assert ask("cloud-pcs").get_body() == b"<!doctype html><title>Built anew</title>"
    assert ask("assets/index-def.js").get_body() == SCRIPT


def test_what_has_not_changed_is_not_sent_again(ask: Any) -> None:
    etag = ask("").headers["ETag"]
    assert ask("", if_none_match=f'"other", W/{etag}').status_code == 304


def test_only_the_portal_itself_and_the_issuer_may_be_loaded(ask: Any) -> None:
    policy = dict(part.split(" ", 1) for part in ask("").headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert "unsafe-inline" not in policy["style-src"]
    assert policy["connect-src"] == "'self' https://login.microsoftonline.com"
    assert policy["frame-ancestors"] == "'none'"


def test_a_portal_that_was_not_built_says_so(ask: Any, tmp_path: Path) -> None:
    files = PortalFiles(tmp_path / "nothing")
    assert not files.is_built
    assert files.find("", "") is None


def test_the_service_s_address_leads_to_the_portal() -> None:
    request = func.HttpRequest(method="GET", url="http://here/", body=b"")
    answer = portal.open_portal.build().get_user_function()(request)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/portal/")
