"""Derive files from the parameters of `infra/main.bicep`: each is handed on by azd and by `deployment`.

    python -m tests.infra.parameters

It writes `infra/parameters.schema.json`, `infra/azd.bicepparam`, and the parts of `infra/azd.bicep`,
`docs/deploy.md` and `docs/deploy-workflow.yml` between the lines that name this module. `test_parameters.py` says
when one of them is of an older template.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deployment.parameters import variable
from tests.house.tree import ROOT, text
from tests.infra import microsoft
from tests.infra.evaluation import Evaluation
from tests.infra.syntax import Node, Statement, read
from tests.infra.values import Value, certain

INFRA = ROOT / "infra"
SCHEMA, GIVEN, WHOLE = INFRA / "parameters.schema.json", INFRA / "azd.bicepparam", INFRA / "azd.bicep"
OF_STEPS = {
    "environmentName": "readEnvironmentVariable('AZURE_ENV_NAME', 'deskwright')",
    "location": "readEnvironmentVariable('AZURE_LOCATION', 'westeurope')",
    "apiClientId": "readEnvironmentVariable('DESKWRIGHT_API_CLIENT_ID', '')",
    "signInClientId": "readEnvironmentVariable('DESKWRIGHT_SIGN_IN_CLIENT_ID', '')",
    "appClientId": "readEnvironmentVariable('DESKWRIGHT_APP_CLIENT_ID', '')",
    "signInDirectory": "toLower(readEnvironmentVariable('DESKWRIGHT_FOR_CUSTOMERS', 'false')) == 'true' ? "
    "'organizations' : readEnvironmentVariable('AZURE_TENANT_ID', '')",
}
"""Parameters that the steps before know (`deployment/steps.py`, `plan`), and how azd reads them."""
_KINDS = {"string": "string", "int": "integer", "bool": "boolean", "array": "array", "object": "object"}
_LIMITS = {"minValue": "minimum", "maxValue": "maximum"}
_LENGTHS = {"string": ("minLength", "maxLength"), "array": ("minItems", "maxItems")}
_MARK = r"(?ms)(^[^\n]*{0}, by tests\.infra\.parameters[^\n]*\n).*?(^[^\n]*end of {0}[^\n]*$)"
_HEAD = """using 'azd.bicep'

// Written by tests.infra.parameters, of the parameters of main.bicep. azd gives its environment's values as variables;
// a workflow gives what nobody has set as an empty one. Where a variable is empty, parameters.json counts, then the
// template's default. deployment/parameters.py reads the same without azd.
var file = any(loadJsonContent('parameters.json'))
"""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a template, as it is declared."""

    name: str
    type: str
    declared: str
    """Its text, with its decorators."""
    default: Value = None
    """The value where it is not given; None where that needs the deployment, or there is none."""
    decorators: dict[str, Value] = field(default_factory=dict)

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of its value in `parameters.json`."""
        known, kind = self.decorators, _KINDS[self.type]
        made: dict[str, Any] = {"type": kind, "description": known["description"]}
        made |= {"enum": known["allowed"]} if "allowed" in known else {}
        made |= {of: known[word] for word, of in _LIMITS.items() if word in known}
        lengths = zip(("minLength", "maxLength"), _LENGTHS.get(self.type, ()), strict=False)
        made |= {of: known[word] for word, of in lengths if word in known}
        made |= {"items": {"type": "string"}} if kind == "array" else {}
        made |= {"additionalProperties": {"type": "string"}} if kind == "object" else {}
        return made | {"default": self.default}

    @property
    def given(self) -> str:
        """The lines of `azd.bicepparam`: its variable, else the file's value, else its default."""
        name, read_it = self.name, f"readEnvironmentVariable('{variable(self.name)}', '')"
        spaceless = f"replace({read_it}, ' ', '')" if self.type == "array" else read_it
        kept, shown = f"file.?{name} ?? {_bicep(self.default)}", f"{name}Variable"
        reads = {"array": f"split({shown}, ',')", "object": f"json(empty({shown}) ? '{{}}' : {shown})"}.get(
            self.type, shown
        )
        value = f"empty({shown}) ? {kept} : {reads}"
        value = f"{self.type}({value})" if self.type in {"int", "bool"} else value
        return f"var {shown} = {spaceless}\nparam {name} = {value}\n"


def parameters(path: Path) -> list[Parameter]:
    """Return the parameters of a template in their order."""
    lines, found = path.read_text("utf-8").splitlines(), list[Parameter]()
    before = 0
    for each in read(path):
        if each.word == "param":
            texts = lines[before : _end(lines, each.line)]
            while texts and not texts[0].startswith(("@", "param")):
                texts = texts[1:]
            found.append(_parameter(path, each, "\n".join(texts)))
        before = _end(lines, each.line)
    return found


def _parameter(path: Path, statement: Statement, declared: str) -> Parameter:
    known = {word: _value(path, call.parts[0]) for word, call in statement.decorators.items() if call.parts}
    default = _value(path, statement.value) if statement.value is not None else None
    return Parameter(statement.name, statement.type, declared, default if certain(default) else None, known)


def _value(path: Path, node: Node) -> Value:
    def nothing(*_: object) -> Value:
        raise LookupError

    return Evaluation(path.parent, nothing, nothing, lambda *_: None).value(node)


def _end(lines: list[str], line: int) -> int:
    """Return the number of the last line of the declaration that begins at a line."""
    return next((n for n in range(line, len(lines) + 1) if n == len(lines) or not _inside(lines[n])), line)


def _inside(line: str) -> bool:
    return line.startswith((" ", "]", "}", ")"))


def _bicep(value: Value) -> str:
    match value:
        case str():
            return f"'{value}'"
        case bool():
            return str(value).lower()
        case list():
            return f"[{', '.join(map(_bicep, value))}]"
        case dict():
            return f"{{ {', '.join(f'{name}: {_bicep(each)}' for name, each in value.items())} }}" if value else "{}"
        case _:
            return str(value)


def handed_on() -> list[Parameter]:
    """Return the parameters of `azd.bicep` that an operator gives: those that no step knows, its own first."""
    main = parameters(INFRA / "main.bicep")
    of_main = {each.name for each in main}
    own = [each for each in parameters(WHOLE) if each.name not in of_main]
    rows = [each for each in (*own, *main) if each.name not in OF_STEPS]
    for each in rows:
        if each.default is None:
            raise SystemExit(
                f"{each.name} needs a default that is a constant: azd hands it on where nobody has given it"
            )
    return rows


def _schema(rows: list[Parameter]) -> str:
    shown = {each.name: each.schema for each in rows}
    made = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Parameters of an installation of Deskwright (infra/parameters.json)",
        "type": "object",
        "additionalProperties": False,
        "properties": {"$schema": {"type": "string"}, **shown},
    }
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _param_file(rows: list[Parameter]) -> str:
    steps = "".join(f"param {name} = {value}\n" for name, value in OF_STEPS.items())
    return f"{_HEAD}\n{steps}\n" + "\n".join(each.given for each in rows)


def _between(written: str, part: str, inner: str) -> str:
    found, count = re.subn(_MARK.format(part), lambda match: f"{match[1]}{inner}{match[2]}", written)
    if count != 1:
        raise SystemExit(f"'{part}' is marked {count} times, not once")
    return found


def _module_value(each: Parameter) -> str:
    if each.name == "tags":
        return "allTags"
    return f"filter({each.name}, each => !empty(each))" if each.type == "array" else each.name


def _table(rows: list[Parameter]) -> Iterator[str]:
    yield "| parameter | variable | default | |\n|---|---|---|---|\n"
    for each in rows:
        about, shown = each.decorators["description"], f"`{json.dumps(each.default)}`"
        allowed = ", ".join(f"`{one}`" for one in each.decorators.get("allowed", ()))
        choices = f" One of {allowed}." if allowed else ""
        yield f"| `{each.name}` | `{variable(each.name)}` | {shown} | {about}{choices} |\n"


def _changed() -> str:
    names, version = microsoft.changed(), json.loads(microsoft.READ.read_text("utf-8"))["version"]
    listed = "".join(f"- `{name}`\n" for name in names)
    return f"\n{version} has not read these files as they are now:\n\n{listed}\n" if names else "\n"


def made() -> dict[Path, str]:
    """Return each file that follows, with its text."""
    main = [each for each in parameters(INFRA / "main.bicep") if each.name not in OF_STEPS]
    rows, whole = handed_on(), text(WHOLE)
    whole = _between(whole, "parameters of main.bicep", "\n" + "".join(f"{each.declared}\n\n" for each in main))
    whole = _between(
        whole, "values of main.bicep", "".join(f"    {each.name}: {_module_value(each)}\n" for each in main)
    )
    page, flow = ROOT / "docs" / "deploy.md", ROOT / "docs" / "deploy-workflow.yml"
    variables = "".join(f"  {variable(one.name)}: ${{{{ vars.{variable(one.name)} }}}}\n" for one in rows)
    return {
        WHOLE: whole,
        SCHEMA: _schema(rows),
        GIVEN: _param_file(rows),
        page: _between(text(page), "table of parameters", "\n" + "".join(_table(rows)) + "\n"),
        INFRA / "README.md": _between(text(INFRA / "README.md"), "list of changed files", _changed()),
        flow: _between(text(flow), "variables of parameters", variables),
    }


if __name__ == "__main__":
    for file, contents in made().items():
        file.write_text(contents, "utf-8")
