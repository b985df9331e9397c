"""Values required at the start of a deployment: names, conditions, rows of loops (the compiler's BCP120, BCP178).

Of a resource its `id`, `name`, `type` and `apiVersion` are known then; its properties, and outputs of modules, are not.
Source: https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-core-diagnostics
"""

from collections.abc import Callable, Iterator

from tests.infra.syntax import Node, Statement

KNOWN = {"id", "name", "type", "apiVersion"}
Find = Callable[[str], Statement | None]


def unknown(node: Node, find: Find, among: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the members in an expression that only the deployment will know; `among` are variables on the way."""
    if node.kind == "name":
        found = find(node.text)
        if found is not None and found.word == "var" and found.value is not None and node.text not in among:
            yield from unknown(found.value, find, among | {node.text})
        return
    if node.kind == "member" and (word := _declared_as(node.parts[0], find)):
        if (word == "resource" and node.text not in KNOWN) or (word == "module" and node.text != "name"):
            yield node.text
        return
    for each in node.parts:
        yield from unknown(each, find, among)


def must_be_known(value: Node) -> Iterator[Node]:
    """Yield the parts of a resource or a module that are needed at the start."""
    if value.kind in {"for", "if"}:
        yield value.parts[0]
        yield from must_be_known(value.parts[1])
    elif value.kind == "object":
        yield from (each.parts[1] for each in value.parts if each.kind == "property" and _key(each) == "name")


def _key(prop: Node) -> str:
    return "".join(each.text for each in prop.parts[0].parts)


def _declared_as(node: Node, find: Find) -> str:
    """Return whether an expression is a resource or a module itself, also one of a loop or in another resource."""
    if node.kind in {"child", "subscript"}:
        return _declared_as(node.parts[0], find)
    found = find(node.text) if node.kind == "name" else None
    return found.word if found is not None and found.word in {"resource", "module"} else ""
