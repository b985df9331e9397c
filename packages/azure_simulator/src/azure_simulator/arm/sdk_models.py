"""Shapes of bodies, read from the model classes of the installed SDKs.

The official clients are generated from the service's own description, so their models know every
property: its name on the wire, its type, its values, whether it is required or read-only. They are
read as text, class by class when one is needed: importing azure.mgmt.network costs a second and
180 MB, reading the twenty classes behind an interface a few milliseconds.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLASS = re.compile(r"^class (\w+)\(", re.MULTILINE)
_PLAIN = {
    "str": "string",
    "datetime": "string",
    "date": "string",
    "timedelta": "string",
    "rfc3339": "string",
    "duration": "string",
    "bytes": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "bytearray": "string",
    "iso-8601": "string",
}
_FORMATS = {
    **dict.fromkeys(("datetime", "rfc3339", "iso-8601"), "date-time"),
    **dict.fromkeys(("timedelta", "duration"), "duration"),
    **dict.fromkeys(("bytes", "bytearray"), "byte"),
}
"""Types of the SDKs whose texts have a format, as OpenAPI calls it."""
READ_ONLY = ["read"]


@dataclass(slots=True)
class Shape:
    """Shape of a value: a kind of JSON, and its contents.

    `kind` is object, array, map, string, integer, number, boolean or any; `name` the model's, for
    messages; `items` what an array or a map holds; `choices` the values by their lower case;
    `written` the format of a text; `fixed` the members of an object that no `library` knows; an `open` one may
    have more.
    """

    kind: str
    name: str = ""
    items: Shape | None = None
    choices: dict[str, str] = field(default_factory=dict)
    library: Library | None = None
    fixed: dict[str, Member] = field(default_factory=dict)
    open: bool = False
    written: str = ""

    @property
    def members(self) -> dict[str, Member]:
        """Return an object's members by their lower-cased names: Azure matches names in any case."""
        return self.library.members(self.name) if self.library else self.fixed


@dataclass(frozen=True, slots=True)
class Member:
    """One property of an object."""

    name: str
    shape: Shape
    required: bool = False
    read_only: bool = False


ANY = Shape("any")
_ARGUMENTS = {"properties": Member("properties", Shape("map", items=ANY))}
CLOSER = {
    ("VirtualMachineExtensionProperties", "settings"): Shape("object", "settings", fixed=_ARGUMENTS, open=True),
    ("VirtualMachineExtensionProperties", "protectedSettings"): Shape("map", items=ANY),
}
"""Shapes for members whose model is less strict than the service."""
_UDP = ("managedPrivate", "direct", "public", "relay")
_PATHS = {each.lower(): each for each in ("Default", "Enabled", "Disabled")}
_MANAGED = {each.lower(): each for each in ("Automated", "Standard")}
_PREVIEWED = (
    *(Member(f"{each}UDP", Shape("string", f"{each}UDP", choices=_PATHS)) for each in _UDP),
    Member("managementType", Shape("string", "ManagementType", choices=_MANAGED)),
)
PREVIEWED = {"HostPool.properties": _PREVIEWED, "HostPoolPatch.properties": _PREVIEWED}
"""Members missing from models of stable versions: members of previews (`arm.member_versions` says of which)."""
NEWER = {"ScalingHostPoolType": ("Personal",)}
"""Values missing from the SDK's enumerations: they are older than the api-versions that the simulator answers to."""


class Library:
    """The models of one SDK package, such as `azure.mgmt.compute`."""

    def __init__(self, package: str) -> None:
        self._classes: dict[str, str] = {}
        for path in sorted(_folder(package).glob("_*.py")):
            self._classes.update(_classes(path.read_text()))
        self._members: dict[str, dict[str, Member]] = {}
        self._choices: dict[str, dict[str, str]] = {}

    def shape(self, name: str) -> Shape:
        """Return the shape of a model or an enumeration; raise `KeyError` when there is none."""
        choices = self._enumeration(name)
        if choices:
            return Shape("string", name, choices=choices)
        return Shape("object", name, library=self)

    def members(self, name: str) -> dict[str, Member]:
        """Return the members of a model, its bases' first."""
        if name not in self._members:
            found: dict[str, Member] = {}
            for node in self._lineage(name):
                found |= {each.name.lower(): each for each in self._typed(node)} or self._mapped(node, name)
            self._members[name] = found
        return self._members[name]

    def _lineage(self, name: str) -> list[ast.ClassDef]:
        node = self._parsed(name)
        bases = [base.id for base in node.bases if isinstance(base, ast.Name) and base.id in self._classes]
        return [*(each for base in bases for each in self._lineage(base)), node]

    def _parsed(self, name: str) -> ast.ClassDef:
        return next(node for node in ast.parse(self._classes[name]).body if isinstance(node, ast.ClassDef))

    def _enumeration(self, name: str) -> dict[str, str]:
        if name not in self._choices:
            node = self._parsed(name)
            named = any(isinstance(base, ast.Name) and base.id == "Enum" for base in node.bases)
            values = [
                n.value.value for n in node.body if isinstance(n, ast.Assign) and isinstance(n.value, ast.Constant)
            ]
            values += NEWER.get(name, ())
            self._choices[name] = {str(value).lower(): str(value) for value in values} if named else {}
        return self._choices[name]

    # -- models with typed fields: `name: Optional[T] = rest_field(name="wire", visibility=[...])`

    def _typed(self, node: ast.ClassDef) -> Iterator[Member]:
        for line in node.body:
            if (
                isinstance(line, ast.AnnAssign)
                and isinstance(line.value, ast.Call)
                and isinstance(line.target, ast.Name)
            ):
                keywords = {key.arg: key.value for key in line.value.keywords}
                wire = ast.literal_eval(keywords["name"]) if "name" in keywords else line.target.id
                seen = ast.literal_eval(keywords["visibility"]) if "visibility" in keywords else []
                shape = CLOSER.get((node.name, wire)) or self._annotated(line.annotation)
                optional = isinstance(line.annotation, ast.Subscript) and _last(line.annotation.value) == "Optional"
                read_only = seen == READ_ONLY
                yield Member(wire, shape, required=not optional and not read_only, read_only=read_only)

    def _annotated(self, node: ast.expr) -> Shape:
        match node:
            case ast.Constant(value=str(text)):
                return self._named(text)
            case ast.Subscript(value=outer, slice=inner):
                return self._generic(_last(outer), inner)
            case _:
                return self._named(_last(node))

    def _generic(self, outer: str, inner: ast.expr) -> Shape:
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        match outer.lower():
            case "optional":
                return self._annotated(parts[0])
            case "list":
                return Shape("array", items=self._annotated(parts[0]))
            case "dict":
                return Shape("map", items=self._annotated(parts[1]))
            case "literal":
                values = [str(ast.literal_eval(part)) for part in parts if isinstance(part, ast.Constant)]
                return Shape("string", choices={value.lower(): value for value in values})
            case "union":
                shapes = [self._annotated(part) for part in parts]
                return next((each for each in shapes if each.choices), shapes[-1])
            case _:
                return ANY

    def _named(self, text: str) -> Shape:
        """Read `str`, `_models.Disk`, `[HostPool]` or `{str}`: a type in any of the SDKs' spellings."""
        if text.startswith(("[", "{")):
            return Shape("array" if text.startswith("[") else "map", items=self._named(text[1:-1]))
        name = text.rpartition(".")[2]
        if name in self._classes:
            return self.shape(name)
        return Shape(_PLAIN[name], written=_FORMATS.get(name, "")) if name in _PLAIN else ANY

    # -- models with a table: `_attribute_map = {"x": {"key": "properties.x", "type": "str"}}`

    def _mapped(self, node: ast.ClassDef, owner: str) -> dict[str, Member]:
        tables = {
            line.targets[0].id: ast.literal_eval(line.value)
            for line in node.body
            if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)
            if line.targets[0].id in {"_attribute_map", "_validation"}
        }
        rules = tables.get("_validation", {})
        found: dict[str, Member] = {}
        for attribute, entry in tables.get("_attribute_map", {}).items():
            rule = rules.get(attribute, {})
            shape = self._argument(node, attribute) or self._named(entry["type"])
            read_only = bool(rule.get("readonly"))
            required = bool(rule.get("required")) and not read_only
            outer, _, inner = entry["key"].replace("\\\\.", "\0").partition(".")
            member = Member((inner or outer).replace("\0", "."), shape, required, read_only)
            if inner:
                self._nest(found, owner, outer, member)
            else:
                found[outer.lower()] = member
        return found

    def _nest(self, found: dict[str, Member], owner: str, outer: str, member: Member) -> None:
        name = f"{owner}.{outer}"
        if outer not in found:
            self._members[name] = {each.name.lower(): each for each in PREVIEWED.get(name, ())}
            found[outer] = Member(outer, Shape("object", name, library=self))
        self._members[name][member.name.lower()] = member
        if member.required:
            found[outer] = Member(outer, found[outer].shape, required=True)

    def _argument(self, node: ast.ClassDef, attribute: str) -> Shape | None:
        """Return the enumeration of a text, which only the constructor's annotations know."""
        for line in node.body:
            if isinstance(line, ast.FunctionDef) and line.name == "__init__":
                for argument in line.args.kwonlyargs:
                    if argument.arg == attribute and argument.annotation is not None:
                        shape = self._annotated(argument.annotation)
                        return shape if shape.choices else None
        return None


def _folder(package: str) -> Path:
    """Return the folder of the models of a package; raise `ModuleNotFoundError` without them.

    A client of one version of an API has no subpackages of versions: azure-mgmt-authorization has had them until 5.
    """
    outer, _, inner = package.rpartition(".")
    spec = find_spec(outer)
    roots = [Path(root) for root in (spec.submodule_search_locations or ())] if spec else []
    found = [folder for root in roots for folder in (root / inner / "models", root / "models") if folder.is_dir()]
    if not found:
        raise ModuleNotFoundError(f"no models of {package} are installed", name=package)
    return found[0]


@cache
def library(package: str) -> Library:
    """Return the models of a package."""
    return Library(package)


def _classes(text: str) -> dict[str, str]:
    starts = [(match.group(1), match.start()) for match in _CLASS.finditer(text)]
    ends = [*(start for _, start in starts[1:]), len(text)]
    return {name: text[start:end] for (name, start), end in zip(starts, ends, strict=False)}


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
