"""YAML as JSON knows it: texts, numbers, true, false, null, lists and objects, and no name twice.

PyYAML reads YAML 1.1, in which ``18:00`` is a number, ``on`` is true and ``2026-12-24`` is a date.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_NULL = re.compile(r"~|null|Null|NULL|")


class _Loader(yaml.SafeLoader):
    """A loader of YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012 - PyYAML's class attribute, filled below

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's
        names = set[str]()
        for name, _ in node.value:
            if not isinstance(name, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a name has to be a text", name.start_mark)
            if name.value in names and name.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(None, None, f"{name.value} is there twice", name.start_mark)
            names.add(str(name.value))
            if name.tag != "tag:yaml.org,2002:merge":
                name.tag = "tag:yaml.org,2002:str"  # 1 and true are names as they are written
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return {str(name): value for name, value in found.items()}


def _int(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    return int(loader.construct_scalar(node))


for _tag, _pattern, _first in (
    ("bool", _BOOL, list("tTfF")),
    ("int", _INT, list("-+0123456789")),
    ("float", _FLOAT, list("-+0123456789.")),
    ("null", _NULL, ["~", "n", "N", ""]),
    ("merge", re.compile("<<"), ["<"]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern.pattern})$"), _first)
_Loader.add_constructor("tag:yaml.org,2002:int", _int)


def documents(text: str) -> Iterator[Any]:
    """Yield the documents of a text. Raises: ValueError, also for types that JSON lacks: sets, dates, bytes."""
    try:
        for found in yaml.load_all(text, Loader=_Loader):
            json.dumps(found, allow_nan=False, ensure_ascii=False).encode()
            yield found
    except UnicodeEncodeError as error:
        raise ValueError("a character in it is not whole") from error
    except (yaml.YAMLError, RecursionError, TypeError) as error:
        raise ValueError(str(error)) from error
