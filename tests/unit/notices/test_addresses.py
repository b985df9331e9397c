"""The addresses that a webhook may reach, a test for each class."""

from ipaddress import IPv4Network

import pytest

from shared.domain.notices.addresses import is_refused

REFUSED = {
    "private": ("10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.1.1", "fc00::1", "fd12:3456::1"),
    "loopback": ("127.0.0.1", "127.255.255.254", "::1"),
    "link-local": ("169.254.1.1", "fe80::1", "fe80::1%eth0"),
    "metadata": ("169.254.169.254", "168.63.129.16", "fd00:ec2::254"),
    "unspecified": ("0.0.0.0", "0.1.2.3", "::"),
    "carrier": ("100.64.0.1", "100.127.255.255"),
    "multicast": ("224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"),
    "broadcast and reserved": ("255.255.255.255", "240.0.0.1"),
    "documentation": ("192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"),
    "benchmark": ("198.18.0.1",),
    "IPv4-mapped": ("::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8"),
    "IPv4 within": ("::ffff:0:10.0.0.1", "::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:a00:1::1"),
    "site-local": ("fec0::1",),
    "teredo": ("2001:0:4136:e378::1",),
    "no address": ("", "localhost", "10.0.0", "0x7f000001", "2130706433", "010.0.0.1"),
}
PUBLIC = ("8.8.8.8", "20.190.128.0", "2603:1030:20e::1", "2a00:1450:4001::200e", "100.128.0.1", "172.32.0.1")


@pytest.mark.parametrize(("kind", "address"), [(kind, each) for kind, some in REFUSED.items() for each in some])
def test_an_address_that_is_not_public_is_refused(kind: str, address: str) -> None:
    assert is_refused(address), kind


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_allowed(address: str) -> None:
    assert not is_refused(address)


def test_a_network_that_the_operator_has_named_is_allowed() -> None:
    assert not is_refused("10.1.2.3", [IPv4Network("10.1.0.0/16")])
    assert is_refused("10.2.2.3", [IPv4Network("10.1.0.0/16")])


@pytest.mark.parametrize("address", ["169.254.169.254", "168.63.129.16", "::ffff:10.1.2.3"])
def test_metadata_is_refused_whatever_is_named(address: str) -> None:
    everything = [IPv4Network("0.0.0.0/0")]
    assert is_refused(address, everything)
