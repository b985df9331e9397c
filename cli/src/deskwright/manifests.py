"""Things as files: what a file may say of each kind, how it is read from the service, and how it is written there.

A document has ``kind`` and the properties of that kind. What it does not name stays as it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from deskwright.errors import ExitCode, NotFoundError, RefusedError, UsageError
from deskwright.session import Session

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing. *key*: the property that names one; *assigned*: it has ``groups``.

    Operation ids: *lists*, *shows*, *creates* (None: it is made by *changes*), *changes*, *assigns*.
    """

    name: str
    key: str
    lists: str
    shows: str
    creates: str | None
    changes: str
    properties: tuple[str, ...]
    assigns: str | None = None

    @property
    def known(self) -> frozenset[str]:
        """The names that a document of this kind may have."""
        return frozenset({"kind", self.key, *self.properties, *(["groups"] if self.assigns else [])})


TENANT = Kind("tenant", "id", "list_tenants", "get_tenant", None, "update_tenant", ("displayName", "settings"))
SITE = Kind(
    *("site", "id", "list_sites", "get_site", None, "put_site"),
    properties=("displayName", "region", "fallbackRegions", "zones", "resourceGroup", "addressSpace"),
)
USER_SETTING = Kind(
    *(
        "userSetting",
        "displayName",
        "list_user_settings",
        "get_user_setting",
        "add_user_setting",
        "change_user_setting",
    ),
    properties=("selfServiceEnabled", "localAdminEnabled", "resetEnabled", "restorePointSetting"),
    assigns="assign_user_settings",
)
_SECURITY = "@deskwright.securityDefaults"
POLICY = Kind(
    *("provisioningPolicy", "displayName", "list_policies", "get_policy", "create_policy", "update_policy"),
    properties=(
        *("description", "imageType", "imageId", "image", "connections", "windowsSetting", "cloudPcNamingTemplate"),
        *("localAdminEnabled", "enableSingleSignOn", "gracePeriodInHours", "securityDefaults"),
    ),
    assigns="assign_policy",
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (TENANT, SITE, USER_SETTING, POLICY)}
"""In the order in which they are applied."""


@dataclass
class Names:
    """Names of connections and images for their ids, and back: a file says the same in two tenants."""

    use: Session
    _listed: dict[str, dict[str, str]] = field(default_factory=dict)

    def connection(self, name: str) -> str:
        """Return the id of a connection. Raises: NotFoundError, ConflictError."""
        return self.use.identified("connection", name)

    def image(self, name: str) -> str:
        """Return the id of a device image. Raises: NotFoundError, ConflictError."""
        return self.use.identified("image", name)

    def name_of(self, lists: str, identifier: str) -> str:
        """Return the name of a thing, its id where two have the same name or it is gone."""
        if lists not in self._listed:
            found = self.use.client.items(self.use.address(lists), {})
            self._listed[lists] = {str(each["id"]): str(each["displayName"]) for each in found}
        names = list(self._listed[lists].values())
        name = self._listed[lists].get(identifier, identifier)
        return name if names.count(name) <= 1 else identifier

    @cached_property
    def grace_period(self) -> object:
        """The grace period of the tenant: that of policies which say nothing."""
        tenant = self.use.client.ask("GET", self.use.address("get_tenant")).body
        return tenant["settings"]["gracePeriodInHours"]


def document_of(kind: Kind, view: Mapping[str, Any], names: Names) -> Json:
    """Return a thing of the service as a document."""
    found: Json = {"kind": kind.name, kind.key: view[kind.key]}
    found |= {name: view[name] for name in kind.properties if view.get(name) is not None}
    if kind is POLICY:
        joins = [each["onPremisesConnectionId"] for each in view["domainJoinConfigurations"]]
        found["connections"] = [names.name_of("list_connections", each) for each in joins]
        found["securityDefaults"] = view[_SECURITY]
        if view["imageType"] == "custom":
            found["image"] = names.name_of("list_device_images", found.pop("imageId"))
        if found["gracePeriodInHours"] == names.grace_period:
            del found["gracePeriodInHours"]
    if kind.assigns:
        found["groups"] = [each["target"]["groupId"] for each in view.get("assignments") or ()]
    return found


def body_of(kind: Kind, said: Mapping[str, Any], names: Names) -> Json:
    """Return what a document says as the body of a request. Raises: NotFoundError, ConflictError."""
    body = {name: said[name] for name in (kind.key, *kind.properties) if name in said}
    if kind.key == "id":
        body.pop("id", None)
    if kind is POLICY:
        if "connections" in body:
            ids = [names.connection(each) for each in body.pop("connections")]
            body["domainJoinConfigurations"] = [{"onPremisesConnectionId": each} for each in ids]
        if "image" in body:
            body["imageId"], body["imageType"] = names.image(body.pop("image")), "custom"
        if "securityDefaults" in body:
            body[_SECURITY] = body.pop("securityDefaults")
    return body


def checked(documents: Iterable[Json]) -> Iterator[tuple[Kind, Json]]:
    """Yield documents with their kinds, in the order of applying. Raises: UsageError."""
    found = []
    seen = set[tuple[str, str]]()
    for number, document in enumerate(documents, 1):
        kind = KINDS.get(str(document.get("kind")))
        if kind is None:
            raise UsageError(f"document {number}: write kind: one of {', '.join(KINDS)}")
        if unknown := set(document) - kind.known:
            known = ", ".join(sorted(kind.known - {"kind"}))
            raise UsageError(f"document {number}: a {kind.name} has no {', '.join(sorted(unknown))}; it has {known}")
        name = document.get(kind.key)
        if not isinstance(name, str) or not name:
            raise UsageError(f"document {number}: write {kind.key}")
        if (kind.name, name.casefold()) in seen:
            raise UsageError(f"document {number}: the {kind.name} {name!r} is there twice")
        seen.add((kind.name, name.casefold()))
        found.append((kind, document))
    order = list(KINDS.values())
    yield from sorted(found, key=lambda each: order.index(each[0]))


def differences(before: object, said: object, at: str = "") -> Iterator[tuple[str, object, object]]:
    """Yield where a document differs from what there is: place, before, after; by what it names only."""
    if isinstance(said, Mapping) and isinstance(before, Mapping):
        for name, value in said.items():
            yield from differences(before.get(name), value, f"{at}.{name}" if at else name)
    elif at == "groups" and isinstance(said, list) and isinstance(before, list):
        if set(said) != set(before):
            yield at, sorted(before), sorted(said)
    elif said != before:
        yield at, before, said


def existing(use: Session, kind: Kind, name: str) -> tuple[Mapping[str, Any], str] | None:
    """Return a thing with its ETag by its name, None where there is none."""
    if kind.key == "id":
        given = {} if kind is TENANT else {kind.name: name}
        if kind is TENANT and name != use.tenant:
            raise UsageError(f"the file is about the tenant {name}, and the command about {use.tenant}")
        identifier = None
    else:
        identifier = _identifier(use, kind, name)
        if identifier is None:
            return None
        given = {"id": identifier}
    query = {"$expand": "assignments"} if kind.assigns else {}
    try:
        answer = use.client.ask("GET", use.address(kind.shows, **given), query=query)
    except RefusedError as refused:
        if refused.exit_code == ExitCode.NOT_FOUND:
            return None
        raise
    return answer.body, answer.headers.get("etag", "")


def exported(use: Session, kinds: Iterable[Kind], wanted: Callable[[str], bool]) -> Iterator[Json]:
    """Yield a document for each thing of some kinds whose name is wanted."""
    names = Names(use)
    for kind in kinds:
        if kind is TENANT:
            found: Iterable[Mapping[str, Any]] = [use.client.ask("GET", use.address("get_tenant")).body]
        else:
            query = {"$expand": "assignments"} if kind.assigns else {}
            found = use.client.items(use.address(kind.lists), query)
        for view in found:
            if wanted(str(view[kind.key])):
                yield document_of(kind, view, names)


def _identifier(use: Session, kind: Kind, name: str) -> str | None:
    try:
        return use.identified("policy" if kind is POLICY else "user-setting", name)
    except NotFoundError:
        return None
