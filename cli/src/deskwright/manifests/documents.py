"""Documents: read from files, put into order, and compared with the existing resources."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from deskwright.errors import ConflictError, NotFoundError, UsageError
from deskwright.manifests import KINDS
from deskwright.manifests.kind import Change, Json, Kind
from deskwright.manifests.references import References
from deskwright.manifests.secrets import check_reference

_SETS = frozenset({"groups", "furtherSubscriptionIds"})
_TIME = re.compile(r"\d\d:\d\d", re.ASCII)


def checked(documents: Iterable[Json]) -> list[tuple[Kind, Json]]:
    """Return documents with their kinds, in the order of applying. Raises: UsageError."""
    found = []
    seen = set[tuple[str, str]]()
    for number, document in enumerate(documents, 1):
        kind = KINDS.get(str(document.get("kind")))
        if kind is None:
            raise UsageError(f"document {number}: write kind: one of {', '.join(KINDS)}")
        if unknown := {str(name) for name in document} - kind.known:
            known = ", ".join(sorted(kind.known - {"kind"}))
            raise UsageError(f"document {number}: a {kind.name} has no {', '.join(sorted(unknown))}; it has {known}")
        for name in kind.key:
            if not isinstance(document.get(name), str) or not document[name]:
                raise UsageError(f"document {number}: write {name}, as a text")
        _check_shapes(number, kind, document)
        check_reference(f"document {number}: {kind.password}", document.get(kind.password))
        label = kind.label(document)
        if (kind.name, label.casefold()) in seen:
            raise UsageError(f"document {number}: the {kind.name} {label!r} is there twice")
        seen.add((kind.name, label.casefold()))
        found.append((kind, document))
    order = list(KINDS.values())
    return sorted(found, key=lambda each: order.index(each[0]))


def planned(documents: Iterable[tuple[Kind, Json]]) -> dict[str, list[Json]]:
    """Return documents by kind: those that will exist."""
    found: dict[str, list[Json]] = {}
    for kind, document in documents:
        found.setdefault(kind.name, []).append(document)
    return found


def change_of(kind: Kind, document: Json, references: References) -> Change:
    """Return the change that a document asks for.

    Raises: NotFoundError if it refers to nothing, and as other CommandErrors.
    """
    label = kind.label(document)
    try:
        said, refers = _named(kind, document, references)
    except (NotFoundError, ConflictError) as error:
        raise type(error)(f"{kind.name} {label}: {error}", advice=error.advice) from error
    found = kind.find(references, label)
    before = kind.document(found.view, references) if found else {}
    apart = {"kind", *kind.key, *kind.unread}
    compared = {name: value for name, value in said.items() if name not in apart}
    different = tuple(differences(before, compared))
    needs = frozenset(each for each in refers if not references.is_there(*each))
    return Change(kind, label, said, found, before, different, frozenset(refers), needs)


def differences(before: object, said: object, at: str = "") -> Iterator[tuple[str, object, object]]:
    """Yield the differences between a document and the existing resource: place, before, after.

    Only properties that the document names are compared.
    """
    if isinstance(said, Mapping) and isinstance(before, Mapping):
        for name, value in said.items():
            yield from differences(before.get(name), value, f"{at}.{name}" if at else str(name))
    elif at in _SETS and isinstance(said, list) and isinstance(before, list):
        if set(map(str, said)) != set(map(str, before)):
            yield at, sorted(before), said
    elif not _same(before, said):
        yield at, before, said


def _same(before: object, said: object) -> bool:
    """Return whether a value equals the existing one.

    Objects in lists are compared by the properties that they name, ARM's ids in any case.
    """
    if isinstance(before, list) and isinstance(said, list):
        return len(before) == len(said) and all(map(_same, before, said))
    if isinstance(before, Mapping) and isinstance(said, Mapping):
        return all(_same(before.get(name), value) for name, value in said.items())
    if isinstance(before, str) and isinstance(said, str):
        if _TIME.fullmatch(said):
            return before in {said, f"{said}:00"}
        return before == said or (said.startswith("/subscriptions/") and before.casefold() == said.casefold())
    return before == said or (before in (None, "", [], {}) and said in (None, "", [], {}))


def _check_shapes(number: int, kind: Kind, document: Mapping[str, Any]) -> None:
    """Check the properties that hold a name or a list of names. Raises: UsageError."""
    for name in (*kind.references, *(["groups"] if kind.grouped else [])):
        value = document.get(name)
        is_list = name.endswith("s")
        if value is None or (is_list and isinstance(value, list) and all(isinstance(each, str) for each in value)):
            continue
        if is_list or not isinstance(value, str):
            raise UsageError(f"document {number}: {name} is a {'list of names' if is_list else 'name'}")


def _named(kind: Kind, document: Json, references: References) -> tuple[Json, set[tuple[str, str]]]:
    """Return a document with labels in place of other names and ids, and the resources that it refers to."""
    said, refers = dict(document), set[tuple[str, str]]()
    for name, other in kind.references.items():
        if said.get(name) is None:
            continue
        many = isinstance(said[name], list)
        labels = [references.label(other, each) for each in (said[name] if many else [said[name]])]
        refers |= {(other, each) for each in labels}
        said[name] = labels if many else labels[0]
    if isinstance(said.get("groups"), list):
        said["groups"] = [references.use.group(each) for each in said["groups"]]
    return said, refers
