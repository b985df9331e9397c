"""The address from which somebody may connect to the machine of an image version: one address of the internet."""

import pytest

from shared.services.spot.version_actions import public_address


@pytest.mark.parametrize("text", ["224.0.1.1", "233.252.0.1", "239.1.2.3", "10.0.0.1", "127.0.0.1", "255.255.255.255"])
def test_an_address_that_nobody_comes_from_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be an address of the internet"):
        public_address(text)


def test_an_address_of_the_internet_is_taken() -> None:
    assert public_address("20.50.2.10") == "20.50.2.10"
