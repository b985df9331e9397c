"""Base class of the kinds of document: properties, and reading, comparing and writing the things described."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from deskwright import requests
from deskwright.client import Answer
from deskwright.errors import ExitCode, RefusedError, UsageError
from deskwright.manifests.references import References
from deskwright.operations import operation
from deskwright.requests import Manner
from deskwright.session import Session

Json = dict[str, Any]
Differences = tuple[tuple[str, object, object], ...]
"""Place, before, after."""


@dataclass(frozen=True, slots=True)
class Found:
    """A thing as the service shows it, and its ETag."""

    view: Mapping[str, Any]
    etag: str

    @property
    def identifier(self) -> str:
        """Its id."""
        return str(self.view["id"])


@dataclass(frozen=True, slots=True)
class Change:
    """The change that a document requires. *found*: the existing thing or None; *before*: that as a document.

    *refers*: to what, as pairs of kind and label; *needs*: what of that only the files have yet.
    """

    kind: "Kind"
    label: str
    said: Json
    found: Found | None
    before: Json
    different: Differences
    refers: frozenset[tuple[str, str]] = frozenset()
    needs: frozenset[tuple[str, str]] = frozenset()

    @property
    def etag(self) -> str | None:
        """The ETag of the existing resource, None without one."""
        return self.found.etag if self.found else None

    @property
    def touched(self) -> frozenset[str]:
        """The properties in which something differs."""
        return frozenset(at.partition(".")[0] for at, _, _ in self.different)

    @property
    def fixed(self) -> frozenset[str]:
        """The properties that differ and never change."""
        return self.touched & self.kind.fixed if self.found else frozenset[str]()

    @property
    def action(self) -> str:
        """The action to take: create, update, unchanged, or impossible."""
        if self.found is None:
            return "create"
        return "impossible" if self.fixed else "update" if self.different else "unchanged"

    @property
    def whole(self) -> Json:
        """The resource as it shall be: the document's properties, and the existing ones for the rest."""
        found: Json = merged(self.before, self.said)
        return found


@dataclass
class Writing:
    """Context for writing documents. *secrets*: label of a connection -> its password."""

    use: Session
    references: References
    secrets: Mapping[str, str]

    def send(self, name: str, body: object, given: Mapping[str, str] | None = None, etag: str | None = None) -> Answer:
        """Send an operation, once; only if the thing is still as an ETag says. Raises: CommandError."""
        address = self.use.address(name, **(given or {}))
        return requests.send(self.use, operation(name), address, body, Manner(if_match=etag or None))

    def save(self, wizard: str, form: Json, etag: str | None = None) -> Answer:
        """Save the form of a wizard. Raises: CommandError."""
        headers = {**requests.key_header(Manner()), **({"If-Match": etag} if etag else {})}
        address = self.use.address("save_wizard", wizard=wizard)
        return self.use.client.ask("POST", address, body=form, headers=headers)

    def review(self, wizard: str, form: Json) -> Json:
        """Return the service's review of a form. Nothing is saved."""
        found: Json = self.use.client.ask("POST", self.use.address("review_wizard", wizard=wizard), body=form).body
        return found


class Kind(ABC):
    """A kind of document. *key*: the properties that name a thing; *lists* and *shows*: operations of the API.

    *references*: property -> the kind that it names, one thing or a list. *fixed*: properties that never change;
    *unread*: those that the service never shows, so that they make no difference. *password*: the one that says
    where a password is read. *grouped*: it has ``groups``.
    """

    name: ClassVar[str]
    key: ClassVar[tuple[str, ...]] = ("displayName",)
    lists: ClassVar[str]
    shows: ClassVar[str]
    properties: ClassVar[tuple[str, ...]]
    references: ClassVar[Mapping[str, str]] = {}
    fixed: ClassVar[frozenset[str]] = frozenset()
    unread: ClassVar[frozenset[str]] = frozenset()
    password: ClassVar[str] = ""
    grouped: ClassVar[bool] = False

    @property
    def known(self) -> frozenset[str]:
        """The names that a document of this kind may have."""
        return frozenset({"kind", *self.order})

    @property
    def order(self) -> tuple[str, ...]:
        """The property names except ``kind``, in the order in which a document is written."""
        return (*self.key, *self.properties, *(["groups"] if self.grouped else []))

    def label(self, said: Mapping[str, Any]) -> str:
        """Return the name for people of a resource in a document or a view."""
        return " ".join(str(said[name]) for name in self.key)

    def query(self) -> dict[str, str]:
        """Return the query parameters with which one resource is read."""
        return {}

    def given(self, identifier: str) -> dict[str, str]:
        """Return the words of the address of one thing."""
        return {"id": identifier}

    def views(self, references: References) -> Iterator[Mapping[str, Any]]:
        """Yield all things of this kind."""
        use = references.use
        yield from use.client.items(use.address(self.lists), self.query())

    def find(self, references: References, label: str) -> Found | None:
        """Return a thing by its label, None where there is none. Raises: CommandError."""
        if not references.is_there(self.name, label):
            return None
        return self.read(references.use, references.identifier(self.name, label))

    def read(self, use: Session, identifier: str) -> Found | None:
        """Return a thing by its id, None where it is gone. Raises: RefusedError."""
        try:
            answer = use.client.ask("GET", use.address(self.shows, **self.given(identifier)), query=self.query())
        except RefusedError as refused:
            if refused.exit_code == ExitCode.NOT_FOUND:
                return None
            raise
        return Found(answer.body, answer.headers.get("etag", ""))

    def slow(self, said: Mapping[str, Any]) -> bool:  # noqa: ARG002 - for those kinds that are
        """Return whether resources that refer to a new one of this kind have to wait for it."""
        return False

    def building(self, change: Change, use: Session) -> str | None:  # noqa: ARG002 - as above
        """Return the address of the operation that still makes a thing which is there already, None for none."""
        return None

    def needs_password(self, change: Change) -> bool:  # noqa: ARG002 - as above
        """Return whether a change cannot be written without the password."""
        return False

    def document(self, view: Mapping[str, Any], references: References) -> Json:
        """Return a thing of the service as a document, its properties in our order."""
        found: Json = {name: view[name] for name in (*self.key, *self.properties) if view.get(name) is not None}
        self.word(found, view, references)
        return {"kind": self.name} | {name: found[name] for name in self.order if name in found}

    def word(self, found: Json, view: Mapping[str, Any], references: References) -> None:  # noqa: B027 - some have none
        """Put a view's values into a document in its own words: names in place of ids."""

    def forms(self, change: Change, writing: Writing) -> Iterator[tuple[str, Json]]:  # noqa: ARG002 - as above
        """Yield the forms, with their wizards, by which the service reviews a change before it is written."""
        yield from ()

    def faults(self, change: Change) -> Iterator[str]:  # noqa: ARG002 - as above
        """Yield the errors of a change that no wizard reviews."""
        yield from ()

    def dry_runs(self, change: Change, writing: Writing) -> Iterator[Json | None]:  # noqa: ARG002 - as above
        """Yield the dry runs that forecast the consequences of a change."""
        yield from ()

    @abstractmethod
    def write(self, change: Change, writing: Writing) -> Iterator[str | None]:
        """Write a change; yield the addresses of the operations that it begins. Raises: CommandError."""


class FormKind(Kind):
    """A kind that is written by the forms of wizards, after their review."""

    def write(self, change: Change, writing: Writing) -> Iterator[str | None]:  # noqa: D102 - of the base class
        etag = change.etag
        for wizard, form in self.forms(change, writing):
            yield writing.save(wizard, form, etag).operation
            etag = None  # it is another one now, by ourselves


def merged(before: object, said: object) -> Any:  # noqa: ANN401 - JSON
    """Return JSON with the members of *said* in place of the old ones; lists are replaced as a whole."""
    if isinstance(before, Mapping) and isinstance(said, Mapping):
        return {**before, **{name: merged(before.get(name), value) for name, value in said.items()}}
    return said


def only_one(kind: str, said: Mapping[str, Any], *names: str) -> None:
    """Check that a document names exactly one of some properties. Raises: UsageError."""
    if len([name for name in names if said.get(name)]) != 1:
        raise UsageError(f"{kind} {said['displayName']}: write one of {', '.join(names)}")
