"""Every character of what reaches a script or an address of Azure is looked at."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.domain.wizards.fields import DomainName, JoinAccount, JoinPassword, NetworkId, OrganizationalUnit, SubnetId
from tests.unit.wizards.office import SUBSCRIPTION, VNET

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"
NETWORKS = f"{GROUP}/net/providers/Microsoft.Network/virtualNetworks"
RIGHT: list[tuple[Any, str]] = [
    (DomainName, "corp.example.com"),
    (DomainName, "corp.xn--p1ai"),
    (JoinAccount, "CORP\\svc-join"),
    (JoinAccount, "jörg.join@corp.example.com"),
    (OrganizationalUnit, "OU=Cloud PCs,OU=Zürich, DC=corp,DC=example,DC=com"),
    (OrganizationalUnit, "cn=Computers,dc=corp,dc=example"),
    (JoinPassword, "p w'\"$`;ß🔑"),
    (NetworkId, VNET),
    (NetworkId, f"{GROUP}/a.(b)_c-d/providers/microsoft.network/virtualnetworks/v1"),
    (SubnetId, f"{VNET}/subnets/pcs_1"),
]
BREAKS = ["\n", "\r\n", "\x00", "\u2028"]
WRONG: list[tuple[Any, str]] = [
    *((of, f"{text}{end}") for of, text in RIGHT for end in BREAKS),
    *((of, f"{end}{text}") for of, text in RIGHT for end in BREAKS),
    *((DomainName, text) for text in ("corp", "corp..example", "corp.example;x", "$(x).example", "-a.example", "a.1")),
    *((JoinAccount, text) for text in ("join", "a b\\c", "CORP\\a;b", "CORP\\a\\b", "a@b@c", "CORP\\`a", "x'@corp.ex")),
    (JoinAccount, "CORP\\"),
    *((OrganizationalUnit, f"OU={name},DC=corp") for name in ("", "a'b", 'a"b', "$a", "a`b", "a;b", "a|b", "{a}")),
    *((OrganizationalUnit, text) for text in ("PCs", "OU=a", "DC=corp", "DC=corp,OU=a", "OU=a,DC=c d", "OU=a,,DC=b")),
    *((NetworkId, f"{NETWORKS}/{name}") for name in ("..", "a?b", "a#b", "a/b")),
    *((NetworkId, NETWORKS.replace("/net/", f"/{name}/") + "/v1") for name in ("..", "a/b", "a?", "%2e")),
    (NetworkId, VNET.replace(SUBSCRIPTION, "-" * 36)),
    *((SubnetId, f"{VNET}/subnets/{name}") for name in ("..", "a?api-version=1", "a#", "a/../../x", "")),
    (SubnetId, f"{VNET}/../other/subnets/a"),
]  # fmt: skip


@pytest.mark.parametrize(("of", "text"), RIGHT, ids=lambda each: each if isinstance(each, str) else "")
def test_what_people_need_is_accepted(of: Any, text: str) -> None:
    assert TypeAdapter(of).validate_python(text) == text


@pytest.mark.parametrize(("of", "text"), WRONG, ids=lambda each: ascii(each) if isinstance(each, str) else "")
def test_what_could_mean_something_else_is_refused(of: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(of).validate_python(text)
