"""Session hosts that no record knows: adopted, or listed as orphans.

The tags of the machine, its place in the pool of its Spot Group and, of a dedicated host, its user have to agree.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from shared.domain.cloud_pcs.adopting import seconds_until
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.orphans import (
    LOOK_ADVICE,
    NAMED,
    REMOVE_ADVICE,
    FoundResource,
    Judgement,
    OrphanType,
    same,
)
from shared.domain.images.image import ImageSource
from shared.domain.spot.groups.group import LicenseType, SpotGroup
from shared.domain.spot.hosts.host import HostEvent, HostSeen, HostStatus, SessionHost, host_id
from shared.domain.spot.hosts.observed import AgentStatus, HostState
from shared.domain.spot.hosts.release import ImageOfGroup
from shared.domain.spot.images.image_version import FIRST, ImageVersion
from shared.domain.values import Value


def judge_of_host(found: FoundResource, host: SessionHost | None) -> Judgement | None:
    """Return why *found* is an orphan, or None if it is not. *host*: the record of its host, if there is one.

    What a task of the host makes or removes is none: a later scan decides.
    """
    if host is None:
        return _sure("its session host is no longer known")
    made = host.resources.computer_name
    if host.work is not None:
        return None
    if host.status is HostStatus.FAILED and made is None:
        return _sure("its session host has failed, and by its record nothing is left of it")
    own, is_machine = host.resources.vm_id, found.type is OrphanType.VIRTUAL_MACHINE
    if host.status is HostStatus.READY and is_machine and own and not same(found.resource_id, own):
        return Judgement(why=f"a second machine of the session host; its own is {own}", advice=LOOK_ADVICE)
    if host.status is HostStatus.READY and found.type in NAMED and not same(found.name, made):
        return _sure(f"it is of an earlier machine; the session host is {made} now")
    return None


def judge_of_group(*, known: bool) -> Judgement | None:
    """Return why a pool, a desktop or a workspace is an orphan. *known*: there is a record of its Spot Group."""
    return None if known else _sure("its Spot Group is deleted")


def unless_restored(judgement: Judgement | None, host: SessionHost | None, *, restored: bool) -> Judgement | None:
    """Return *judgement*; after a restore, a resource without a record is not certain to be an orphan."""
    if judgement is None or host is not None or not restored:
        return judgement
    advice = "The records were restored, and it may serve people. Delete it in Azure when nobody is signed in."
    return judgement.but(sure=False, advice=advice)


def _sure(why: str) -> Judgement:
    return Judgement(why=why, advice=REMOVE_ADVICE, sure=True)


_UNBUILT = frozenset({HostStatus.PENDING, HostStatus.BUILDING})
_MOST_NUMBERS = 10_000
"""Number of tries, beyond a group's last known number, to find the number in a host's id."""


class HostSighting(Value):
    """A machine as Azure shows it. *resources* names no session host: it is not in the pool of its group.

    *admits*: it takes new sessions. *sessions*: how many it has. *assigned_user*: as the pool names them.
    """

    resources: Resources
    made_at: datetime
    image: ImageSource | None = None
    low_priority: bool = False
    admits: bool = False
    sessions: int = 0
    agent: str = ""
    assigned_user: str | None = None

    @property
    def in_use(self) -> bool:
        """Whether people use it, or may at any moment: its build has ended."""
        return self.admits or self.sessions > 0 or self.assigned_user is not None


class HostClaim(Value):
    """Owner of a host. *user_id*: its user, None if it is shared; *held_by*: another host that this user has."""

    user_id: str | None = None
    held_by: str | None = None


def unknown_host(host: SessionHost | None, *, restored: bool) -> bool:
    """Whether the machine of a host may have to be adopted. *host*: its record, if there is one.

    *restored*: the records may be older than what they are about: a build may have come to its end since.
    """
    return host is None or (restored and host.status in _UNBUILT)


def numbers_of(group_id: str, wanted: Collection[str], given: int) -> dict[str, int]:
    """Return the numbers of the *wanted* ids that belong to hosts of a group. *given*: the last number it gave."""
    left, found = set(wanted), dict[str, int]()
    for number in range(1, given + _MOST_NUMBERS + 1):
        if not left:
            break
        each = host_id(group_id, number)
        if each in left:
            found[each] = number
            left.remove(each)
    return found


def contradictions_of_host(
    sighting: HostSighting, group: SpotGroup, claim: HostClaim | str, number: int | None
) -> str | None:
    """Return why the owner of a host is not certain, or None if it can be adopted.

    *claim*: the claim of its user to it, or in words why it is not certain who that is.
    """
    if sighting.resources.session_host is None:
        return f"it is not in the host pool of the Spot Group {group.display_name}"
    if number is None:
        return f"the id in its tag is none that the Spot Group {group.display_name} has given"
    if sighting.image is None:
        return "Azure does not say from which image it was made"
    if isinstance(claim, str):
        return f"it is assigned to {sighting.assigned_user}, {claim}"
    if claim.held_by is not None:
        return f"it is assigned to {sighting.assigned_user}, and so is the session host {claim.held_by}"
    return None


def image_version_of(image: ImageSource | None, group: SpotGroup, versions: Iterable[ImageVersion]) -> ImageOfGroup:
    """Return the image version that a machine was made from.

    One that no record knows has the number that the gallery gives it; else the source of the group's set is assumed.
    """
    if image is not None:
        known = [each for each in versions if _same(each, image)]
        for each in sorted(known, key=lambda version: version.image_set_id != group.image_set_id):
            return ImageOfGroup(image_set_id=each.image_set_id, image_version=each.version)
    number = (image.gallery_version_id or "").rpartition("/")[2] if image else ""
    parts = number.split(".")
    is_number = len(parts) == len(FIRST.split(".")) and all(part.isdecimal() for part in parts)
    return ImageOfGroup(image_set_id=group.image_set_id, image_version=number if is_number else FIRST)


def _same(version: ImageVersion, image: ImageSource) -> bool:
    made = version.gallery_version_id
    if made is not None or image.marketplace is None:
        return (made or "").casefold() == (image.gallery_version_id or "").casefold()
    source = version.source.marketplace
    return version.is_first and source is not None and source.id == image.marketplace.id


def _host_seen(sighting: HostSighting, at: datetime) -> HostSeen:
    return HostSeen(
        at=at,
        state=HostState.UNKNOWN,
        agent=sighting.agent,
        since=at,
        allow_new_sessions=sighting.admits,
        active=sighting.sessions,
    )


def adopted_host(
    host: SessionHost | None,
    id_: str,
    sighting: HostSighting,
    group: SpotGroup,
    claim: HostClaim,
    image: ImageOfGroup,
    at: datetime,
) -> SessionHost:
    """Return the record of an adopted machine; *host*: its earlier record, if there is one. Raises: ValueError.

    The number of its next task is higher than any that it had: no instance is given again. What its Windows was
    configured with is not known, so that the group's settings are applied when nobody is signed in.
    """
    if sighting.image is None:
        message = "a machine is adopted only where its image is known"
        raise ValueError(message)
    dedicated = group.license_type is LicenseType.PERSONAL_DEDICATED
    seen: dict[str, Any] = {
        "run": max(host.run + 1 if host else 0, seconds_until(at)),
        "attempt": max(1, host.attempt if host else 1),
        "image_set_id": image.image_set_id,
        "image_version": image.image_version,
        "image": sighting.image,
        "low_priority": sighting.low_priority,
        "resources": sighting.resources,
        "proven": True if sighting.in_use or sighting.agent == AgentStatus.AVAILABLE else None,
        "assigned_user_id": claim.user_id if dedicated else None,
        "applied": None,
        "seen": _host_seen(sighting, at),
    }
    if host is not None:
        over = {"work": None, "step": None, "parked_since": None, "parked_because": None, "failure": None}
        return host.after(HostEvent.ADOPTED, at=at, **over, **seen)
    return SessionHost(
        id=id_,
        tenant_id=group.tenant_id,
        spot_group_id=group.id,
        status=HostStatus.READY,
        connection_id=group.connection_id,
        created_date_time=sighting.made_at,
        last_modified_date_time=at,
        **seen,
    )
