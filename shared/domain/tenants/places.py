"""Rules for sites: regions that Windows 365 offers, zones that Azure has, addresses a network may use. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from ipaddress import IPv4Network

from shared.domain import naming
from shared.domain.networks.regions import SUPPORTED_REGIONS
from shared.domain.tenants.tenant import Site
from shared.domain.values import amount
from shared.errors import Problem

_REGIONS = frozenset(region.id for region in SUPPORTED_REGIONS)
_ZONES = ("1", "2", "3")
"""Azure numbers the zones of every region that has any from 1 to 3, for each subscription in its own order."""

_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
"""RFC 1918: the ranges that Azure recommends for virtual networks; it refuses 127/8, 169.254/16 and others."""


def site_problems(site: Site) -> tuple[Problem, ...]:
    """Return the problems of a site with which nothing could be built there."""
    return (*_region_problems(site), *_zone_problems(site), *_address_problems(site))


def _region_problems(site: Site) -> Iterator[Problem]:
    pointers = {"/region": site.region} | {
        f"/fallbackRegions/{n}": region for n, region in enumerate(site.fallback_regions)
    }
    for pointer, region in pointers.items():
        if region not in _REGIONS:
            near = get_close_matches(region, sorted(_REGIONS), n=1)
            hint = f"did you mean {near[0]}?" if near else "supportedRegions lists those there are"
            yield Problem(pointer, f"there is no supported region {region}; {hint}")
        elif pointer != "/region" and region == site.region:
            yield Problem(pointer, "is the site's own region; leave it out")


def _zone_problems(site: Site) -> Iterator[Problem]:
    for n, zone in enumerate(site.zones):
        if zone not in _ZONES:
            yield Problem(f"/zones/{n}", f"there is no zone {zone}; Azure's zones are {', '.join(_ZONES)}")


def _address_problems(site: Site) -> Iterator[Problem]:
    network = IPv4Network(site.address_space)
    if not any(network.subnet_of(private) for private in _PRIVATE):
        yield Problem("/addressSpace", f"must be in one of {', '.join(map(str, _PRIVATE))}")
    room = len(set(naming.regional_address_spaces(site.address_space, len(site.regions))))
    if room < len(site.regions):
        held = amount(room, "region")
        message = f"has room for {held}, and the site has {len(site.regions)}: each takes a /20; write a wider one"
        yield Problem("/addressSpace", message)
