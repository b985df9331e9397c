"""``Host`` headers that cannot be another origin's."""

import pytest
from simulation_base.hosts import is_address


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:7071", "localhost", "LocalHost:80", "[::1]:7071", "10.1.2.3"])
def test_an_address_or_localhost_is_this_machine(host: str) -> None:
    assert is_address(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        ":7071",
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil",
        "[",
        "[]",
        "[x]",
    ],
)
def test_a_name_is_not(host: str) -> None:
    assert not is_address(host)
