"""Orphans of Spot Groups: resources of a session host, or of a group, that no record needs any more. Pure."""

from __future__ import annotations

from shared.domain.cloud_pcs.orphans import LOOK_ADVICE, NAMED, REMOVE_ADVICE, Found, Judgement, OrphanType, same
from shared.domain.spot.host import HostStatus, SessionHost


def judge_of_host(found: Found, host: SessionHost | None) -> Judgement | None:
    """Return why *found* is an orphan, None when it is none. *host*: the record of its host, None: there is none.

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
