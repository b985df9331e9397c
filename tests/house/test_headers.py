"""The headers that a browser obeys stand in host.json: the host puts them on every answer, its own errors too."""

import ast
import json
from collections.abc import Iterator

import pytest

from tests.house.tree import ROOT, below, parsed, relative, text

EXIT = "triggers/http/answers.py"
PROMISED: dict[str, str] = json.loads(text(ROOT / "host.json"))["extensions"]["http"]["customHeaders"]


def test_every_answer_says_what_a_browser_must_not_do() -> None:
    assert PROMISED == {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


@pytest.mark.parametrize("name", PROMISED)
def test_a_promised_header_is_told(name: str) -> None:
    assert f"| `{name}` | `{PROMISED[name]}` |" in text(ROOT / "docs" / "api.md")


def constants(tree: ast.Module) -> Iterator[str]:
    return (each.value for each in ast.walk(tree) if isinstance(each, ast.Constant) and isinstance(each.value, str))


def test_what_the_host_puts_on_every_answer_is_put_there_by_nobody_else() -> None:
    """The host replaces what the app says under such a name: two declarations could differ and nobody would see it."""
    names = {name.lower() for name in PROMISED} | {"server"}
    said = {relative(path): names & {each.lower() for each in constants(parsed(path))} for path in below("triggers")}
    assert {str(path): found for path, found in said.items() if found} == {}


def test_every_answer_leaves_by_the_one_exit() -> None:
    elsewhere = [
        f"{relative(path)}:{each.lineno}"
        for path in below("triggers")
        for each in ast.walk(parsed(path))
        if isinstance(each, ast.Call)
        and ast.unparse(each.func).endswith("HttpResponse")
        and str(relative(path)) != EXIT
    ]
    assert elsewhere == []
