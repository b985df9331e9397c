"""Messages for wrong fields, as sentences with advice. The value sent is never repeated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.values import TWICE

_GUID = "write it as a GUID in lower case, such as 11111111-2222-3333-4444-555555555555"
_SHORT_NAME = "write 2 to 32 lower-case letters, digits and hyphens, a letter first and no hyphen at the end"
_REGION = "write the name of an Azure region in lower case without spaces, such as westeurope"

FORMS: Mapping[str, str] = {
    "adDomainName": "write the DNS name of the domain, such as corp.contoso.example",
    "adDomainUsername": "write it as user@domain or DOMAIN\\user",
    "defaultSiteId": _SHORT_NAME,
    "entraTenantId": _GUID,
    "fallbackRegions": _REGION,
    "furtherSubscriptionIds": _GUID,
    "id": _SHORT_NAME,
    "name": "write letters, digits, spaces, full stops, brackets and hyphens, a letter or digit first",
    "organizationalUnit": "write it as a distinguished name, OU=...,DC=...,DC=...",
    "packageId": "write the id of a package of winget, such as 7zip.7zip",
    "packageVersion": "write the version of the package, such as 24.09",
    "recommendedImages": "write offer and sku in lower case, such as office-365-win11-24h2-avd-m365",
    "region": _REGION,
    "resourceGroup": "write 1 to 90 letters, digits, hyphens, underscores, brackets and full stops, none of these last",
    "sizes": "write the name of a VM size, such as Standard_D8s_v5",
    "subnetIds": "write the id of a subnet, /subscriptions/.../virtualNetworks/{name}/subnets/{name}",
    "subscriptionId": _GUID,
    "version": "write it as major.minor.patch, three whole numbers such as 1.0.0",
    "virtualNetworkId": "write the id of a network, /subscriptions/.../Microsoft.Network/virtualNetworks/{name}",
    "zones": "write the number of a zone as a text, such as 1",
}
"""Advice on the fields that have a form of their own."""

_KINDS: Mapping[str, str] = {
    "bool": "write true or false",
    "bytes": "write a text",
    "date": "write a date such as 2026-01-31",
    "datetime": "write a date and time such as 2026-01-31T08:00:00Z",
    "dataclass": "must be an object",
    "dict": "must be an object",
    "float": "write a number",
    "frozen_set": "write a list",
    "int": "write a whole number",
    "list": "write a list",
    "mapping": "must be an object",
    "model": "must be an object",
    "set": "write a list",
    "string": "write a text",
    "time": "write a time such as 08:30",
    "string_pattern": "this is not how it is written; docs/api.md has an example",
    "tuple": "write a list",
    "url": "write an address that begins with https://",
    "uuid": _GUID,
}


_TEMPLATES: Mapping[str, str] = {
    "json_invalid": "leave out characters that are not whole (such as \\ud800), and nest no deeper than the form does",
    "missing": "required",
    "extra_forbidden": "unknown {noun}; leave it out",
    TWICE: "this is named twice; leave it out here",
    "greater_than_equal": "write a number of at least {ge}",
    "less_than_equal": "write a number of at most {le}",
    "string_too_long": "write at most {max_length} characters",
    "too_long": "name at most {max_length}",
}


def worded(kind: str, message: str, field: str, context: Mapping[str, Any], noun: str = "field") -> str:
    """Return the sentence for an error of pydantic's *kind* in *field*; *message* counts where it is our own.

    *noun*: what the parts of the body are called.
    """
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    if kind in {"enum", "literal_error"}:
        return f"write one of {context['expected']}".replace("'", "")
    if kind in _TEMPLATES:
        return _TEMPLATES[kind].format_map({**context, "noun": noun})
    if kind in {"string_too_short", "too_short"}:
        return _too_short(kind, int(context["min_length"]))
    if kind == "string_pattern_mismatch" and field in FORMS:
        return FORMS[field]
    return _KINDS.get(_stem(kind), "this value is not possible here; docs/api.md has an example")


def _too_short(kind: str, least: int) -> str:
    if kind == "too_short":
        return "name at least one" if least == 1 else f"name at least {least}"
    return "must not be empty" if least == 1 else f"write at least {least} characters"


def _stem(kind: str) -> str:
    """Return of which kind the value should be: the longest of ours with which *kind* begins."""
    found = [stem for stem in _KINDS if kind == stem or kind.startswith(f"{stem}_")]
    return max(found, key=len, default="")
