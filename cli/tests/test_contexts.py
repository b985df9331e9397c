"""Contexts, tokens and the demonstration on this machine."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from deskwright import contexts, local_run
from deskwright.contexts import Context
from deskwright.errors import CommandError, ExitCode, NotFoundError, SignInError, UsageError

from cli.tests.conftest import Command, Service

PROD = Context("prod", "https://prod.example", tenant="contoso", sign_in="browser")


def keep(context: Context) -> None:
    """Make a context the current one."""
    with contexts.changing() as known:
        known.current, known.contexts[context.name] = context.name, context


def run_of(folder: Path, **facts: object) -> None:
    """Write the file that ``make run`` writes."""
    place = folder / ".run" / "demo"
    place.mkdir(parents=True)
    said = {"pid": os.getpid(), "api": "http://127.0.0.1:1", "people": "http://127.0.0.1:2/", **facts}
    (place / "people.json").write_text(json.dumps(said))


@pytest.mark.usefixtures("settings")
def test_without_any_context_the_way_to_one_is_told() -> None:
    with pytest.raises(SignInError) as told:
        contexts.chosen(None)
    assert "deskwright login" in told.value.advice


def test_contexts_are_kept_where_only_their_owner_reads(settings: Path) -> None:
    keep(PROD)
    assert contexts.chosen(None) == PROD
    assert {stat.S_IMODE(file.stat().st_mode) for file in settings.iterdir()} == {0o600}
    assert stat.S_IMODE(settings.stat().st_mode) == 0o700


@pytest.mark.usefixtures("settings")
def test_an_unknown_context_is_told_with_the_known_ones() -> None:
    keep(PROD)
    with pytest.raises(NotFoundError, match="known: prod"):
        contexts.chosen("test")


def test_a_file_that_is_no_json_is_told_and_stays(settings: Path) -> None:
    settings.mkdir()
    (settings / "contexts.json").write_text("{")
    with pytest.raises(CommandError, match="cannot be read"):
        contexts.chosen(None)
    assert (settings / "contexts.json").read_text() == "{"


def test_settings_of_a_context_are_checked() -> None:
    assert contexts.changed(PROD, {"tenant": "fabrikam"}).tenant == "fabrikam"
    with pytest.raises(UsageError, match="has no colour"):
        contexts.changed(PROD, {"colour": "red"})


@pytest.mark.usefixtures("settings")
def test_a_demonstration_is_found_from_below_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_of(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert contexts.chosen(None).address == "http://127.0.0.1:1"
    assert contexts.chosen("demo").sign_in == "demo"


@pytest.mark.usefixtures("settings")
def test_a_context_goes_before_a_demonstration_unless_somebody_of_it_is_named(tmp_path: Path) -> None:
    run_of(tmp_path)
    keep(PROD)
    assert contexts.chosen(None).name == "prod"
    assert contexts.chosen(None, "reader").name == "demo"


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("facts", [{"api": "https://evil.example"}, {"people": "http://evil.example/"}, {"pid": 0.5}])
def test_a_file_of_somebody_else_sends_nobody_elsewhere(tmp_path: Path, facts: dict[str, object]) -> None:
    run_of(tmp_path, **facts)
    if "pid" in facts:
        (tmp_path / ".run" / "demo" / "people.json").write_text("[]")
    assert local_run.found() is None


def test_the_only_tenant_is_the_default(deskwright: Command, service: Service) -> None:
    service.put("GET", "/tenants/contoso/summary", {"total": 3})
    assert deskwright("pc", "summary", "-o", "json").json == {"total": 3}


def test_of_several_tenants_one_has_to_be_named(deskwright: Command, service: Service) -> None:
    service.answers["GET /api/me"] = [(200, {"tenants": [{"id": "a"}, {"id": "b"}]}, {})]
    ended = deskwright("pc", "summary")
    assert ended.code == ExitCode.USAGE
    assert "a, b" in ended.err
    assert "--tenant" in ended.err
