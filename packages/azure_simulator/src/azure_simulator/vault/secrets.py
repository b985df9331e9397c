"""Secrets with versions, soft delete, recovery and purge.

Values are stored encrypted, in memory and in the journal. A get works outside `nbf` and `exp`, which are only
informative; with `config.vault.refuseOutsideDates` it is refused, to test apps that must not rely on it. Deleting and
recovering take as long as the latencies `vault.delete` and `vault.recover`: until then neither collection has the
secret. Source: learn.microsoft.com/rest/api/keyvault/secrets,
/azure/key-vault/secrets/about-secrets and /azure/key-vault/general/soft-delete-overview (90 days).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.routing import Routes
from azure_simulator.core.times import SECOND

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

STATE = "vault"
ROUTES = Routes("vault")
_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
_LONGEST = 25_600
_MOST_TAGS = 15
_RETENTION_DAYS = 90
_PAGE = 25
_TEMPLATE = "/secrets/{name}"


@dataclass
class Version:
    """One version of a secret; `value` is encrypted, times are seconds since the epoch."""

    id: str
    value: bytes
    created: int
    updated: int
    content_type: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    attributes: Json = field(default_factory=lambda: {"enabled": True})


@dataclass
class Vault:
    """Every secret by lower-cased name: its versions, oldest first."""

    secrets: dict[str, list[Version]] = field(default_factory=dict)
    deleted: dict[str, tuple[int, list[Version]]] = field(default_factory=dict)
    in_transition: dict[str, tuple[str, int]] = field(default_factory=dict)

    def transition(self, name: str, now_us: int) -> str:
        """Return whether a secret is being `deleted` or `recovered`; empty when neither."""
        transition, until_us = self.in_transition.get(name.lower(), ("", 0))
        return transition if now_us < until_us else ""


def _vault(call: Call) -> Vault:
    found: Vault = call.world.state(STATE)
    return found


def _now_s(call: Call) -> int:
    return call.now_us // SECOND


def _versions(call: Call) -> list[Version]:
    name = call.param("name")
    found = _vault(call).secrets.get(name.lower())
    if not found or _vault(call).transition(name, call.now_us):
        raise Problem(404, "SecretNotFound", f"A secret with (name/id) {name} was not found in this key vault.")
    return found


def _version(call: Call) -> Version:
    versions = _versions(call)
    version_id = call.params.get("version")
    if not version_id:
        return versions[-1]
    found = next((each for each in versions if each.id == version_id), None)
    if found is None:
        text = f"A secret with (name/id) {call.param('name')}/{version_id} was not found in this key vault."
        raise Problem(404, "SecretNotFound", text)
    return found


def _item(call: Call, name: str, version: Version, *, with_version: bool = True) -> Json:
    attributes = {
        **version.attributes,
        "created": version.created,
        "updated": version.updated,
        "recoveryLevel": "Recoverable+Purgeable",
        "recoverableDays": _RETENTION_DAYS,
    }
    tail = f"/{version.id}" if with_version else ""
    item: Json = {"id": f"{call.base}/secrets/{name}{tail}", "attributes": attributes, "tags": version.tags}
    return item | ({"contentType": version.content_type} if version.content_type else {})


def _bundle(call: Call, name: str, version: Version) -> Json:
    clear = call.world.protector.cipher().decrypt(version.value).decode()
    return {"value": clear, **_item(call, name, version)}


@ROUTES.operation("secret.set", "PUT", _TEMPLATE, action="secrets.set", redacted=False)
def set_secret(call: Call) -> Answer:
    """Add a version."""
    vault, name, body = _vault(call), call.param("name"), call.object()
    value = body.get("value")
    if not _NAME.fullmatch(name):
        raise Problem(400, "BadParameter", f"The request URI contains an invalid name: {name}")
    if not isinstance(value, str) or len(value.encode()) > _LONGEST:
        raise Problem(400, "BadParameter", "The value (a string of at most 25 KB) is missing or not valid.")
    if len(_fields(body, "tags")) > _MOST_TAGS:
        raise Problem(400, "BadParameter", f"A secret has at most {_MOST_TAGS} tags.")
    transition = vault.transition(name, call.now_us)
    if transition:
        target = "ObjectIsBeingDeleted" if transition == "deleted" else "ObjectIsBeingRecovered"
        raise Problem(409, "Conflict", f"Secret {name} is currently being {transition}.", target=target)
    if _is_deleted(vault, name, _now_s(call)):
        text = (
            f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this "
            "state, the secret can only be recovered or purged."
        )
        raise Problem(409, "Conflict", text, target="ObjectIsDeletedButRecoverable")
    attributes = _attributes(body)
    attempt = call.world.attempt("secret.set", name)
    version = Version(
        id=call.world.guid("secret", name, attempt).replace("-", ""),
        value=call.world.protector.cipher().encrypt(value.encode()),
        created=_now_s(call),
        updated=_now_s(call),
        content_type=body.get("contentType"),
        tags=_fields(body, "tags"),
        attributes={"enabled": True, **attributes},
    )
    vault.secrets.setdefault(name.lower(), []).append(version)
    return Answer(_bundle(call, name, version))


@ROUTES.operation("secret.get", "GET", _TEMPLATE, action="secrets.get")
@ROUTES.operation("secret.getVersion", "GET", f"{_TEMPLATE}/{{version}}", action="secrets.get")
def get_secret(call: Call) -> Answer:
    """Answer the latest or a named version; a disabled one is refused."""
    version = _version(call)
    if not version.attributes.get("enabled", True):
        text = "Operation get is not allowed on a disabled secret."
        raise Problem(403, "Forbidden", text, target="SecretDisabled")
    if call.world.config.get("vault", {}).get("refuseOutsideDates"):
        _check_dates(version, _now_s(call))
    return Answer(_bundle(call, call.param("name"), version))


def _check_dates(version: Version, now_s: int) -> None:
    begins, ends = version.attributes.get("nbf"), version.attributes.get("exp")
    if begins is not None and now_s < begins:
        raise Problem(
            403, "Forbidden", "Operation get is not allowed on a not yet valid secret.", target="SecretNotYetValid"
        )
    if ends is not None and now_s >= ends:
        raise Problem(403, "Forbidden", "Operation get is not allowed on an expired secret.", target="SecretExpired")


def _attributes(body: Json) -> Json:
    """Read `enabled`, `nbf` and `exp`; the vault itself sets the others."""
    given = _fields(body, "attributes")
    found = {name: given[name] for name in ("enabled", "nbf", "exp") if given.get(name) is not None}
    if not isinstance(found.get("enabled", True), bool):
        raise Problem(400, "BadParameter", "Property enabled has invalid value: true or false is needed.")
    dates = [found[name] for name in ("nbf", "exp") if name in found]
    if not all(isinstance(each, int) and not isinstance(each, bool) and each >= 0 for each in dates):
        raise Problem(400, "BadParameter", "Properties nbf and exp are seconds since 1970-01-01.")
    if len(dates) == 2 and dates[0] >= dates[1]:  # noqa: PLR2004 - both of them
        raise Problem(400, "BadParameter", "The attribute exp must be later than nbf.")
    return found


@ROUTES.operation("secret.update", "PATCH", _TEMPLATE, action="secrets.set")
@ROUTES.operation("secret.updateVersion", "PATCH", f"{_TEMPLATE}/{{version}}", action="secrets.set")
def update_secret(call: Call) -> Answer:
    """Change attributes, tags or content type of a version, never its value."""
    version, body = _version(call), call.object()
    version.attributes = {**version.attributes, **_attributes(body)}
    version.content_type = body.get("contentType", version.content_type)
    version.tags = _fields(body, "tags") if body.get("tags") is not None else version.tags
    version.updated = _now_s(call)
    return Answer(_item(call, call.param("name"), version))


@ROUTES.operation("secret.list", "GET", "/secrets", action="secrets.list")
def list_secrets(call: Call) -> Answer:
    """List the latest version of every secret, without values."""
    vault = _vault(call)
    items = sorted((name, each) for name, each in vault.secrets.items() if not vault.transition(name, call.now_us))
    return _page(call, [_item(call, name, versions[-1], with_version=False) for name, versions in items])


@ROUTES.operation("secret.versions", "GET", f"{_TEMPLATE}/versions", action="secrets.list")
def list_versions(call: Call) -> Answer:
    """List every version, without values."""
    return _page(call, [_item(call, call.param("name"), each) for each in _versions(call)])


def _fields(body: Json, name: str) -> Json:
    value = body.get(name)
    if value is not None and not isinstance(value, dict):
        raise Problem(400, "BadParameter", f"Property '{name}' has invalid value: an object is needed.")
    return dict(value or {})


def _page(call: Call, items: list[Json]) -> Answer:
    try:
        size, start = int(call.query.get("maxresults", _PAGE)), int(call.query.get("$skiptoken", "0"))
    except ValueError as error:
        raise Problem(400, "BadParameter", "maxresults and $skiptoken are numbers.") from error
    if not 0 < size <= _PAGE or start < 0:
        raise Problem(400, "BadParameter", f"maxresults is between 1 and {_PAGE}.")
    more = start + size < len(items)
    version = call.query.get("api-version", "")
    link = f"{call.base}{call.path}?api-version={version}&maxresults={size}&$skiptoken={start + size}"
    return Answer({"value": items[start : start + size], "nextLink": link if more else None})


@ROUTES.operation("secret.delete", "DELETE", _TEMPLATE, action="secrets.delete")
def delete_secret(call: Call) -> Answer:
    """Delete a secret softly: its name cannot be used until it is purged or the retention ends."""
    vault, name, versions = _vault(call), call.param("name"), _versions(call)
    vault.deleted[name.lower()] = (_now_s(call), versions)
    del vault.secrets[name.lower()]
    _begin_transition(call, name, "deleted", "vault.delete")
    return Answer(_deleted_item(call, name))


def _is_deleted(vault: Vault, name: str, now_s: int) -> bool:
    """Return whether a deleted secret still has the name, which becomes free after the retention."""
    found = vault.deleted.get(name.lower())
    return found is not None and now_s <= found[0] + _RETENTION_DAYS * 86_400


def _begin_transition(call: Call, name: str, transition: str, kind: str) -> None:
    attempt = call.world.attempt(kind, name)
    until_us = call.now_us + call.world.duration_us(kind, name, attempt)
    _vault(call).in_transition[name.lower()] = (transition, until_us)


def _deleted(call: Call) -> tuple[int, list[Version]]:
    vault, name = _vault(call), call.param("name")
    found = vault.deleted.get(name.lower())
    if found is None or vault.transition(name, call.now_us) or not _is_deleted(vault, name, _now_s(call)):
        raise Problem(404, "SecretNotFound", f"Deleted Secret not found: {name}")
    return found


def _deleted_item(call: Call, name: str) -> Json:
    at_s, versions = _vault(call).deleted[name.lower()]
    dates: dict[str, Any] = {"deletedDate": at_s, "scheduledPurgeDate": at_s + _RETENTION_DAYS * 86_400}
    return {**_item(call, name, versions[-1]), "recoveryId": f"{call.base}/deletedsecrets/{name}", **dates}


@ROUTES.operation("secret.listDeleted", "GET", "/deletedsecrets", action="secrets.list")
def list_deleted(call: Call) -> Answer:
    """List the deleted secrets."""
    vault = _vault(call)
    names = [name for name in sorted(vault.deleted) if _is_deleted(vault, name, _now_s(call))]
    return _page(call, [_deleted_item(call, name) for name in names if not vault.transition(name, call.now_us)])


@ROUTES.operation("secret.getDeleted", "GET", "/deletedsecrets/{name}", action="secrets.get")
def get_deleted(call: Call) -> Answer:
    """Answer one deleted secret."""
    _deleted(call)
    return Answer(_deleted_item(call, call.param("name")))


@ROUTES.operation("secret.recover", "POST", "/deletedsecrets/{name}/recover", action="secrets.recover")
def recover_secret(call: Call) -> Answer:
    """Restore a deleted secret; an existing secret is refused (recorded)."""
    vault, name = _vault(call), call.param("name")
    if name.lower() in vault.secrets:
        text = f"Secret exists already: {name}"
        raise Problem(400, "MethodNotAllowed", text, target="RequestNotAllowedOnNonDeletedObject")
    if vault.transition(name, call.now_us) == "deleted":
        raise Problem(409, "Conflict", f"Secret {name} is currently being deleted.", target="ObjectIsBeingDeleted")
    _, versions = _deleted(call)
    vault.secrets[name.lower()] = versions
    del vault.deleted[name.lower()]
    _begin_transition(call, name, "recovered", "vault.recover")
    return Answer(_item(call, name, versions[-1]))


@ROUTES.operation("secret.purge", "DELETE", "/deletedsecrets/{name}", action="secrets.purge")
def purge_secret(call: Call) -> Answer:
    """Delete a secret permanently; its name becomes free."""
    _deleted(call)
    del _vault(call).deleted[call.param("name").lower()]
    return Answer(status=204)
