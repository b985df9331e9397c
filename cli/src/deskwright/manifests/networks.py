"""Connections as documents. A join password is never in one: the document says where it is read."""

from collections.abc import Iterator, Mapping
from typing import Any

from deskwright.manifests.kind import Change, FormKind, Json, Writing
from deskwright.manifests.references import References

PASSWORD = "adDomainPassword"  # noqa: S105 - the name of a property
_DOMAIN = ("adDomainName", "adDomainUsername", "organizationalUnit")
_NETWORK = ("virtualNetworkId", "subnetIds")
_NEED_PASSWORD = frozenset({"adDomainName", "adDomainUsername", *_NETWORK})
"""Properties that cannot change without the password: it is not sent to another place than it was given for."""
_HYBRID = "hybridAzureADJoin"


class _Connection(FormKind):
    name = "connection"
    lists, shows = "list_connections", "get_connection"
    properties = ("connectionType", "site", "subscriptionId", *_NETWORK, *_DOMAIN, PASSWORD)
    references = {"site": "site"}  # noqa: RUF012 - as the base class declares it
    fixed = frozenset({"connectionType"})
    password = PASSWORD
    unread = frozenset({PASSWORD})

    def word(self, found: Json, view: Mapping[str, Any], references: References) -> None:
        found["site"] = view["@deskwright.siteId"]
        if subnets := view["@deskwright.subnetIds"]:
            found["subnetIds"] = subnets
        if found.get("subscriptionId") == references.tenant["subscriptionId"]:
            del found["subscriptionId"]

    def needs_password(self, change: Change) -> bool:
        hybrid = change.whole.get("connectionType") == _HYBRID
        return hybrid and (change.found is None or bool(change.touched & _NEED_PASSWORD))

    def forms(self, change: Change, writing: Writing) -> Iterator[tuple[str, Json]]:
        whole = change.whole
        site = {"siteId": whole.get("site"), **_chosen(whole, ("subscriptionId",))}
        if change.found is None:
            credentials = {"joinType": whole.get("connectionType"), "network": _network(whole)}
            name = {"displayName": whole["displayName"]}
            credentials |= self._domain(change, writing, whole)
            yield "create-connection", {"site": site, "credentials": credentials, "name": name}
            return
        form: Json = {"connection": {"connectionId": change.found.identifier}}
        if change.touched & {"site", "subscriptionId"}:
            form["site"] = {"subscriptionId": writing.references.tenant["subscriptionId"], **site}
        credentials = {"network": _network(whole)} if change.touched & {*_NETWORK} else {}
        if change.touched & {*_DOMAIN} or self.needs_password(change):
            credentials |= self._domain(change, writing, whole)
        yield "edit-connection", form | ({"credentials": credentials} if credentials else {})

    def _domain(self, change: Change, writing: Writing, whole: Json) -> Json:
        domain = _chosen(whole, _DOMAIN)
        if change.found is not None and whole.get("organizationalUnit") is None and "organizationalUnit" in change.said:
            domain["organizationalUnit"] = None
        if self.needs_password(change):
            domain[PASSWORD] = writing.secrets[change.label]
        return {"domain": domain} if domain else {}


def _network(whole: Mapping[str, Any]) -> object:
    return _chosen(whole, _NETWORK) or "hosted"


def _chosen(whole: Mapping[str, Any], names: tuple[str, ...]) -> Json:
    return {name: whole[name] for name in names if whole.get(name)}


CONNECTION = _Connection()
