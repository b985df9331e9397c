"""Fields of forms: names, checked texts, and the values that are offered."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, Field

from shared.domain.values import JOINERS, printable, readable

Choice: TypeAlias = dict[str, Any]
"""A *value* and a *title*, and facts that help to choose."""

Form: TypeAlias = dict[str, dict[str, Any]]
"""The fields of a form by step."""


@dataclass(slots=True)
class OfferedChoices:
    """Choices by ``step/field``. *cut*: why there are more than are shown; *errors*: why there are none."""

    choices: dict[str, list[Choice]] = field(default_factory=dict)
    cut: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


FORBIDDEN = '<>&|"^'
"""Windows 365 refuses these in a policy's name (docs/notes/windows365.md 2.3)."""


def _valid(name: str) -> str:
    if found := re.search(f"[{re.escape(FORBIDDEN)}]", name):
        quote = "'" if found.group() == '"' else '"'
        message = f'{quote}{found.group()}{quote} may not be used; none of < > & | " ^ may'
        raise ValueError(message)
    readable(name)
    if name != name.strip() or name[:1] in JOINERS or name[-1:] in JOINERS[:2]:
        message = "must not begin or end with a space, or with a character that cannot be seen"
        raise ValueError(message)
    return name


Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_valid)]
"""A name of at most 120 characters, without forbidden characters and without a space at its ends."""


def name_taken(name: str, others: Iterable[str]) -> bool:
    """Return whether one of *others* is the same name; case does not tell two names apart."""
    return folded(name) in {folded(other) for other in others}


def folded(name: str) -> str:
    """Return the form that all spellings of one name share: case and invisible characters make no difference."""
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in JOINERS))


_DNS_NAME = re.compile(r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])")
_ACCOUNT = re.compile(r"[\w-][\w.-]{0,103}")  # of sAMAccountName and userPrincipalName what no shell reads
_NETBIOS = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,254}")
_PART = re.compile(r"(OU|CN)=\w[\w .-]*|DC=[A-Za-z0-9-]{1,63}", re.IGNORECASE)
_GROUP = r"resourceGroups/[\w().-]{0,89}[\w()-]"
_NAME = r"[A-Za-z0-9]([\w.-]{0,78}\w)?"
_NETWORK = re.compile(
    rf"/subscriptions/[0-9A-Fa-f]{{8}}(-[0-9A-Fa-f]{{4}}){{3}}-[0-9A-Fa-f]{{12}}/{_GROUP}"
    rf"/providers/Microsoft\.Network/virtualNetworks/{_NAME}",
    re.IGNORECASE,
)
_SUBNET = re.compile(rf"{_NETWORK.pattern}/subnets/{_NAME}", re.IGNORECASE)


def _domain_name(text: str) -> str:
    if not _DNS_NAME.fullmatch(text):
        raise ValueError("write the full name of the domain, for example corp.contoso.com")
    return text


def _account(text: str) -> str:
    domain, backslash, account = text.partition("\\")
    if not backslash:
        account, _, domain = text.partition("@")
    if not _ACCOUNT.fullmatch(account) or not _NETBIOS.fullmatch(domain):
        raise ValueError(
            "write it as user@domain or DOMAIN\\user; the user has letters, digits, hyphens, full stops and underscores"
        )
    return text


def _unit(text: str) -> str:
    parts = [part.strip(" ") for part in text.split(",")]
    kinds = ["DC" if part[:3].upper() == "DC=" else "OU" for part in parts]
    if not all(map(_PART.fullmatch, parts)) or kinds != sorted(kinds, reverse=True) or set(kinds) != {"OU", "DC"}:
        raise ValueError(
            "write it as a distinguished name, OU=...,DC=...,DC=...; "
            "names have letters, digits, spaces, full stops, hyphens and underscores"
        )
    return text


def _network(text: str) -> str:
    if not _NETWORK.fullmatch(text):
        raise ValueError("write the id of a virtual network: /subscriptions/.../virtualNetworks/<name>")
    return text


def _subnet(text: str) -> str:
    if not _SUBNET.fullmatch(text):
        raise ValueError("write the id of a subnet: /subscriptions/.../virtualNetworks/<name>/subnets/<name>")
    return text


DomainName = Annotated[str, Field(max_length=255), AfterValidator(_domain_name)]
JoinAccount = Annotated[str, Field(max_length=255), AfterValidator(_account)]
OrganizationalUnit = Annotated[str, Field(max_length=1000), AfterValidator(_unit)]
JoinPassword = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(printable)]
NetworkId = Annotated[str, Field(max_length=500), AfterValidator(_network)]
SubnetId = Annotated[str, Field(max_length=600), AfterValidator(_subnet)]
