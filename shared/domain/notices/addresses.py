"""The addresses that a webhook may reach: public ones, and networks that the operator has allowed by name. Pure.

Metadata services and link-local addresses are refused whatever is allowed (docs/decisions/0180).
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_NEVER = (
    "169.254.0.0/16",  # link-local, with the metadata service of Azure and others
    "168.63.129.16/32",  # Azure's host agent: a public address that only machines of Azure reach
    "fe80::/10",
    "fd00:ec2::254/128",
)
_REFUSED = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",  # carriers, and Azure's own services
    "127.0.0.0/8",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fec0::/10",
    "ff00::/8",
    "::/96",  # compatible with IPv4, and this one and the next four: an address of IPv4 stands within
    "::ffff:0:0/96",  # mapped
    "::ffff:0:0:0/96",  # translated
    "64:ff9b::/96",  # translated by the network
    "64:ff9b:1::/48",
    "2002::/16",  # 6to4
)


def _networks(texts: Sequence[str]) -> tuple[Network, ...]:
    return tuple(IPv6Network(each) if ":" in each else IPv4Network(each) for each in texts)


_NEVER_NETWORKS, _REFUSED_NETWORKS = _networks(_NEVER), _networks(_REFUSED)


def is_refused(text: str, allowed: Sequence[Network] = ()) -> bool:
    """Whether connections to the IP address *text* are refused. *allowed*: networks that the operator has named."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return True
    if _among(address, _NEVER_NETWORKS):
        return True
    if _among(address, allowed):
        return False
    return _among(address, _REFUSED_NETWORKS) or not address.is_global or address.is_multicast


def _among(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
