"""Orphans of Spot Groups: what was made for a session host, or for a group, that no record needs any more. Pure."""

from __future__ import annotations

from shared.domain.cloud_pcs.orphans import NAMED, REMOVE_ADVICE, Found, Judgement, same
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
    if host.status is HostStatus.READY and found.type in NAMED and not same(found.name, made):
        return _sure(f"it is of an earlier machine; the session host is {made} now")
    return None


def judge_of_group(*, known: bool) -> Judgement | None:
    """Return why a pool, a desktop or a workspace is an orphan. *known*: there is a record of its Spot Group."""
    return None if known else _sure("its Spot Group is deleted")


def unless_restored(judgement: Judgement | None, host: SessionHost | None, *, restored: bool) -> Judgement | None:
    """Return *judgement*, but what has no record because an older one was restored is not sure: it may serve people."""
    if judgement is None or host is not None or not restored:
        return judgement
    advice = "The records were restored, and it may serve people. Delete it in Azure when nobody is signed in."
    return judgement.but(sure=False, advice=advice)


def _sure(why: str) -> Judgement:
    return Judgement(why=why, advice=REMOVE_ADVICE, sure=True)
