"""The audience of tokens: the value of an anonymous page must be confirmed, and never somebody else's API."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import msal
import pytest
from deskwright import audience, contexts, sign_in
from deskwright.contexts import Context
from deskwright.errors import ExitCode, SignInError

from cli.tests.conftest import Command, Service
from cli.tests.test_contexts import keep
from cli.tests.test_terminal import Open, at_terminal

__all__ = ["at_terminal"]

API = "api://6a0f2b6c-3f0d-4d0e-9a43-2a4f6f6e0c11"
ENTRA = "https://login.microsoftonline.com/organizations"
AZ = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/asked"
echo '{"accessToken": "azure-token", "expires_on": 4102444800}'
"""
SOMEBODY_ELSES = [
    "https://management.azure.com/user_impersonation",
    "https://management.azure.com/.default",
    "https://graph.microsoft.com/.default",
    "user_impersonation",
    "api://AzureADTokenExchange/.default",
    "api://azureadtokenexchangeusgov/x",
    "api://00000003-0000-0000-c000-000000000000/Directory.ReadWrite.All",
    "api://797F4846-ba00-4fd7-ba43-dac1f8f63013/x",
    "api://management.azure.com/x",
    f"{API}/a https://management.azure.com/.default",
    f"{API}",
    f"https://x.example/{API}/x",
    "",
]


@pytest.fixture
def az(settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An Azure CLI that gives a token for every request; return the file with the requests."""
    del settings
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "az").write_text(AZ)
    (folder / "az").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder / "asked"


def says(service: Service, scope: str = f"{API}/access_as_user", authority: str = ENTRA) -> None:
    service.put("GET", "/configuration", {"authority": authority, "clientId": "c", "scope": scope})


@pytest.fixture
def signing_in(deskwright: Command, service: Service, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Sign in to the service as `az login` has it, without a terminal."""
    for name in ("ADDRESS", "TOKEN"):
        monkeypatch.delenv(f"DESKWRIGHT_{name}")
    return lambda *words: deskwright("login", service.address, "--with", "azure-cli", *words)


def headers(service: Service) -> list[str]:
    return [each.headers["authorization"] for each in service.asked if "authorization" in each.headers]


@pytest.mark.parametrize("scope", SOMEBODY_ELSES)
def test_a_page_that_names_somebody_elses_api_gets_no_token(
    signing_in: Command, service: Service, az: Path, scope: str
) -> None:
    says(service, scope)
    ended = signing_in("--audience", scope.rpartition("/")[0])
    assert (ended.code, az.exists(), headers(service)) == (ExitCode.SIGN_IN, False, [])


@pytest.mark.parametrize("scope", SOMEBODY_ELSES)
def test_a_context_of_an_older_version_is_judged_too(
    deskwright: Command, service: Service, az: Path, monkeypatch: pytest.MonkeyPatch, scope: str
) -> None:
    for name in ("ADDRESS", "TOKEN"):
        monkeypatch.delenv(f"DESKWRIGHT_{name}")
    keep(Context("old", service.address, authority=ENTRA, scope=scope))
    says(service)
    assert deskwright("whoami").code == ExitCode.SIGN_IN
    assert (az.exists(), headers(service)) == (False, [])


def test_without_a_context_azure_cli_is_not_asked(
    deskwright: Command, service: Service, az: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DESKWRIGHT_TOKEN")
    says(service)
    ended = deskwright("whoami")
    assert (ended.code, az.exists(), service.asked) == (ExitCode.SIGN_IN, False, [])
    assert "DESKWRIGHT_TOKEN" in ended.err


def test_nobody_agrees_where_nobody_can_be_asked(signing_in: Command, service: Service, az: Path) -> None:
    says(service)
    refused = signing_in()
    assert (refused.code, az.exists()) == (ExitCode.USAGE, False)
    assert f"--audience {API}" in refused.err
    assert contexts.read() == ("", {})
    assert signing_in("--audience", "api://another").code == ExitCode.SIGN_IN
    assert not az.exists()


def test_who_names_the_audience_has_agreed_and_is_not_asked_again(
    signing_in: Command, deskwright: Command, service: Service, az: Path
) -> None:
    says(service)
    assert signing_in("--audience", API).code == 0
    assert f"--scope {API}/.default" in az.read_text()
    assert headers(service)[0] == "Bearer azure-token"
    service.answers["GET /api/configuration"] = []
    says(service, "https://management.azure.com/.default")
    az.unlink()
    assert deskwright("whoami").code == 0  # the context has the audience; the page is not asked again
    assert f"--scope {API}/.default" in az.read_text()
    shown = deskwright("context", "list", "-o", "json").json
    assert (shown[0]["scope"], shown[0]["authority"]) == (f"{API}/access_as_user", ENTRA)
    service.answers["GET /api/configuration"] = []
    says(service)
    assert signing_in().code == 0


def test_an_issuer_that_is_not_entra_is_named(signing_in: Command, service: Service, az: Path) -> None:
    says(service, authority="https://login.evil.example/organizations")
    refused = signing_in("--audience", API)
    assert (refused.code, az.exists()) == (ExitCode.USAGE, False)
    assert "--authority https://login.evil.example" in refused.err
    assert signing_in("--audience", API, "--authority", "https://login.microsoftonline.com").code == ExitCode.SIGN_IN
    assert signing_in("--audience", API, "--authority", "https://login.evil.example").code == 0


@pytest.mark.parametrize(("typed", "code"), [("n", ExitCode.INTERRUPTED), ("y", ExitCode.DONE)])
def test_at_a_terminal_somebody_is_asked(
    az: Path, at_terminal: Open, service: Service, typed: str, code: ExitCode
) -> None:
    says(service)
    terminal = at_terminal("login", service.address, "--with", "azure-cli", DESKWRIGHT_TOKEN="")
    shown = terminal.until("Is that your service")
    assert API in shown
    terminal.type(typed)
    assert terminal.end() == code, terminal.shown
    assert az.exists() == (code == ExitCode.DONE)


@pytest.mark.parametrize("name", ["address", "scope", "authority", "client_id"])
def test_where_tokens_go_is_not_set_but_signed_in_to(deskwright: Command, name: str) -> None:
    keep(Context("prod", "https://prod.example", scope=f"{API}/x", authority=ENTRA))
    ended = deskwright("context", "set", f"{name}=https://evil.example")
    assert (ended.code, "deskwright login" in ended.err) == (ExitCode.USAGE, True)


class FakeApp:
    """MSAL's client, which gives a token to whoever has a cache."""

    def __init__(self, *_: Any, token_cache: Any, **__: Any) -> None:
        self._cache = token_cache

    def get_accounts(self) -> list[str]:
        return ["somebody"] if "Account" in self._cache.serialize() else []

    def acquire_token_silent(self, *_: Any) -> dict[str, str]:
        return {"access_token": "cached"}


def test_a_kept_sign_in_is_used_for_its_own_recipient_alone(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(msal, "PublicClientApplication", FakeApp)
    context = Context("prod", "https://prod.example", "", "browser", ENTRA, "c", f"{API}/x")
    recipient = {name: getattr(context, name) for name in ("address", "authority", "client_id", "scope")}
    settings.mkdir()
    cache = json.dumps({"Account": {"a": {"home_account_id": "a"}}})
    for kept in (
        {"for": recipient, "cache": cache},
        {"for": recipient | {"address": "https://x"}, "cache": cache},
        cache,
    ):
        (settings / "tokens.json").write_text(json.dumps({"prod": kept}))
        if kept == {"for": recipient, "cache": cache}:
            assert sign_in.tokens(context)() == "cached"
        else:
            with pytest.raises(SignInError, match="nobody is signed in"):
                sign_in.tokens(context)()


@pytest.mark.parametrize("authority", ["http://login.microsoftonline.com/x", "", "https://a@b.example/x"])
def test_an_issuer_without_encryption_is_none(authority: str) -> None:
    with pytest.raises(SignInError):
        audience.issuer(authority)
