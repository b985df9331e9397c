"""A site in which nothing could be built is refused, at the field that is wrong."""

from typing import Any

import pytest

from shared.domain.networks.regions import SUPPORTED_REGIONS
from shared.domain.tenants.places import site_problems
from shared.domain.tenants.tenant import Site

SITE = Site(id="weu", tenant_id="contoso", display_name="West", region="westeurope", resource_group="desks")


@pytest.mark.parametrize("region", [region.id for region in SUPPORTED_REGIONS])
def test_every_supported_region_can_be_a_site(region: str) -> None:
    assert site_problems(SITE.but(region=region, zones=("1", "2", "3"))) == ()


@pytest.mark.parametrize(
    ("space", "fallbacks"),
    [("10.20.0.0/16", ("northeurope", "francecentral")), ("192.168.0.0/24", ()),
     ("172.16.0.0/19", ("northeurope",))],
)  # fmt: skip
def test_private_addresses_with_room_for_each_region_are_right(space: str, fallbacks: tuple[str, ...]) -> None:
    assert site_problems(SITE.but(address_space=space, fallback_regions=fallbacks)) == ()


@pytest.mark.parametrize(
    ("changed", "pointer", "words"),
    [
        ({"region": "westeurop"}, "/region", "did you mean westeurope"),
        ({"region": "atlantis"}, "/region", "no supported region"),
        ({"fallback_regions": ("northeurope", "moon")}, "/fallbackRegions/1", "no supported region"),
        ({"fallback_regions": ("westeurope",)}, "/fallbackRegions/0", "own region"),
        ({"zones": ("1", "9")}, "/zones/1", "no zone 9"),
        ({"address_space": "127.0.0.0/16"}, "/addressSpace", "10.0.0.0/8"),
        ({"address_space": "169.254.0.0/16"}, "/addressSpace", "10.0.0.0/8"),
        ({"address_space": "198.18.0.0/16"}, "/addressSpace", "10.0.0.0/8"),
        ({"address_space": "240.0.0.0/16"}, "/addressSpace", "10.0.0.0/8"),
        ({"address_space": "10.0.0.0/24", "fallback_regions": ("northeurope",)}, "/addressSpace", "room for 1"),
    ],
)
def test_what_cannot_be_is_named(changed: dict[str, Any], pointer: str, words: str) -> None:
    (problem,) = site_problems(SITE.but(**changed))
    assert problem.pointer == pointer
    assert words in problem.message
