"""Microsoft's compiler: each rule of its linter is held or named with a reason, and what it has not read is listed."""

import json
import re
import stat
from pathlib import Path

import pytest

from tests.house.tree import ROOT, text
from tests.infra import microsoft

RECORDED = Path(__file__).parent / "recorded"


def test_every_rule_is_an_error_or_has_its_reason_on_the_page() -> None:
    rules = json.loads(text(ROOT / "infra" / "bicepconfig.json"))["analyzers"]["core"]["rules"]
    others = {name: rule["level"] for name, rule in rules.items() if rule["level"] != "error"}
    rows = re.findall(r"(?m)^\| `([\w-]+)` \| (off|warning) \| .+ \|$", text(ROOT / "infra" / "README.md"))
    assert dict(rows) == others


def test_the_templates_of_the_recorded_faults_are_those_that_were_read() -> None:
    read = json.loads(microsoft.READ.read_text("utf-8"))["sources"]
    for path in (RECORDED / "infra").iterdir():
        assert microsoft.digest(path.read_text("utf-8")) == read[path.name], path.name


def test_a_compiler_that_refuses_ends_it_and_one_that_does_not_has_read_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, program, asked = tmp_path / "read.json", tmp_path / "bicep", tmp_path / "asked"
    monkeypatch.setattr(microsoft, "READ", kept)
    for refuses, code in (("lint", 1), ("nothing", 0)):
        program.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n[ "$1" != {refuses} ] || exit 1\necho version\n', "utf-8")
        program.chmod(program.stat().st_mode | stat.S_IEXEC)
        if code:
            with pytest.raises(SystemExit, match="lint"):
                microsoft.main(str(program))
            assert not kept.exists()
        else:
            microsoft.main(str(program))
    assert microsoft.changed() == []
    lines = asked.read_text("utf-8").splitlines()
    assert {"format main.bicep", "lint main.bicep", "build main.bicep --stdout"} <= set(lines)
    assert "build-params azd.bicepparam --stdout" in lines
