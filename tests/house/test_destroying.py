"""Every activity that deletes, stops, frees or revokes is in the one table of what cannot be undone, and no other."""

import ast
from collections.abc import Iterator

from shared.domain.destroying import HELD_BACK, OTHERS, destroying_activities
from tests.house.tree import below, parsed, relative
from tests.implementations import activities

_CALLS = frozenset(
    {"begin_delete", "begin_deallocate", "begin_power_off", "begin_reimage", "delete", "delete_device"}
    | {"delete_managed_device", "delete_secret", "delete_blob"}
)
"""The calls of the clouds' clients after which something is gone, stopped or refused."""
_CHANGES = frozenset({"begin_vm_update"})
"""The functions after which a machine is another one than before."""
_REMOVES = frozenset({"DELETE"})
"""The methods of a request by hand that do so too."""


def _functions() -> Iterator[tuple[str, str, ast.AsyncFunctionDef | ast.FunctionDef, ast.Module]]:
    for path in below("activities", "shared/services"):
        tree = parsed(path)
        for node in tree.body:
            if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef):
                yield ".".join(relative(path).with_suffix("").parts), node.name, node, tree


def _imports(tree: ast.Module) -> dict[str, tuple[str, str]]:
    return {
        alias.asname or alias.name: (node.module or "", alias.name)
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _destroyers() -> set[tuple[str, str]]:
    """Return the functions (module, name) that destroy something, themselves or by those that they call."""
    direct, calls = set(), {}
    for module, name, node, tree in _functions():
        imported = _imports(tree)
        names = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)} - {"delete"}
        names |= {e.func.attr for e in ast.walk(node) if isinstance(e, ast.Call) and isinstance(e.func, ast.Attribute)}
        texts = {
            each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)
        }
        if names & _CALLS or texts & _REMOVES:
            direct.add((module, name))
        used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        if used & _CHANGES:
            direct.add((module, name))
        calls[module, name] = {imported.get(each, (module, each)) for each in used}
    found = set(direct)
    while more := {each for each, used in calls.items() if each not in found and used & found}:
        found |= more
    return found


_VERBS = ("delete_", "remove_", "revoke_", "release_", "forget_", "retire_", "sign_off")
_WORDS = ("_disable", "_deallocate", "_swap", "_delete", "_hibernate")


def _by_name(name: str) -> bool:
    return name.startswith(_VERBS) or name.endswith(_WORDS)


def _found() -> set[str]:
    """Return the activities that destroy something, by the calls in them and of them."""
    by_calls = {name for module, name in _destroyers() if module.startswith("activities.")}
    reads = {name for name in activities() if name.startswith("read_")}
    return {name for name in activities() - reads if name in by_calls or _by_name(name)}


def test_every_activity_that_destroys_is_in_an_act_of_the_table() -> None:
    assert sorted(_found()) == sorted(destroying_activities())


def test_what_asks_is_there() -> None:
    functions = {name for _, name, _, _ in _functions()}
    assert {each.where for each in HELD_BACK.values()} <= functions
    assert all(each.what and each.activities for each in (*HELD_BACK.values(), *OTHERS.values()))
