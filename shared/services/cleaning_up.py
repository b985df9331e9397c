"""Clean-ups of the remains of Cloud PCs, three hours after they failed or went out of use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.contracts.cleaning import CLEAN_UP, leftovers_of
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.asking import Confirmation, Unanswered
from shared.domain.cloud_pcs.build import Build
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING, Phase, Status
from shared.domain.destroying import Act
from shared.services.holding_back import ASK_AGAIN, hold_back
from shared.services.second_questions import Claim, ask_for_claim, successor_is_there
from shared.services.stalling import AGAIN_AFTER, end_stalled
from shared.storage.due import Due, read_once
from shared.workflow import DurableClient, is_alive, start

_LOOK_AGAIN = timedelta(hours=1)
"""Time until work that waits for a person, or for another plan, is looked at again."""

_CLEANED_BY = timedelta(minutes=15)
"""Time until a sweep checks that a clean-up has ended; one that still runs is left alone."""


@dataclass(frozen=True, slots=True)
class Held:
    """A clean-up that waits: *why*, and when it is asked again."""

    why: str
    next_at: datetime


async def clean_up_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Start the clean-up of a Cloud PC that failed or is out of use; a new build that came first has cancelled it.

    The record is claimed before the start (``clean_up_at`` goes): from then on a retry is refused until it is done.
    """
    found = await deps.cloud_pcs.find(due.tenant_id, due.subject_id)
    if found is None:
        return None
    build, now = _to_clean_up(found.value, due), deps.clock.now()
    if build is None:
        return None
    instance_id = _instance(found.value, build)
    if build.clean_up_at is None and await is_alive(client, instance_id):
        stalled = await end_stalled(client, CLEAN_UP, instance_id, now)
        return now + (AGAIN_AFTER if stalled else _CLEANED_BY)
    if (held := await hold_back_clean_up(deps, found.value, build)) is not None:
        await _give_back(deps, found.value, build, held.next_at)
        return held.next_at

    def claim(pc: CloudPc) -> CloudPc | None:
        build = _to_clean_up(pc, due)
        return pc.with_build(build.but(clean_up_at=None)).but(held_back=None) if build else None

    pc = await deps.cloud_pcs.change(due.tenant_id, due.subject_id, claim)
    claimed = _to_clean_up(pc, due)
    if claimed is None:
        return None
    confirmation = Confirmation(
        act=_act(pc, claimed), tenant_id=pc.tenant_id, subject_id=pc.id, generation=claimed.generation, at=now
    )
    for order in leftovers_of(pc, claimed):
        alone = order.but(standing_alone=True, confirmation=confirmation)
        await start(client, CLEAN_UP, alone, instance_id=instance_id)
    return deps.clock.now() + _CLEANED_BY  # a clean-up that broke off would refuse every retry for ever


async def hold_back_clean_up(deps: Dependencies, pc: CloudPc, build: Build) -> Held | None:
    """Ask before the clean-up of what somebody may have used: before it begins, and before each step of a long one.

    Return why it waits, which the record has then; None when it may go on. Raises: ThrottledError.
    """
    why = await (_why_not(deps, pc, build) if build is pc.current else _why_not_replaced(deps, pc, build))
    if why is None:
        return None
    again = ASK_AGAIN if isinstance(why, Unanswered) else _LOOK_AGAIN
    words = why.why if isinstance(why, Unanswered) else why
    return Held(words, await hold_back(deps, pc, _act(pc, build), words, again=again))


def _act(pc: CloudPc, build: Build) -> Act:
    if build is not pc.current:
        return Act.CLEAN_UP_REPLACED
    return Act.CLEAN_UP_FAILED if pc.status is Status.FAILED else Act.CLEAN_UP_REMOVED


def _instance(pc: CloudPc, build: Build) -> str:
    return naming.instance_id(pc.tenant_id, pc.id, "cleanup", build.generation)


async def _give_back(deps: Dependencies, pc: CloudPc, build: Build, at: datetime) -> None:
    """Plan the clean-up anew of a build of which one has broken off: until then it may be retried."""

    def edit(there: CloudPc) -> CloudPc | None:
        found = there.build(build.generation)
        if found is None or found.clean_up_at is not None or not there.to_clean_up(found):
            return None
        return there.with_build(found.but(clean_up_at=at))

    if build.clean_up_at is None:
        await deps.cloud_pcs.change(pc.tenant_id, pc.id, edit)


async def _why_not(deps: Dependencies, pc: CloudPc, build: Build) -> Unanswered | str | None:
    """Ask the directory about the user; return why the current build is not cleaned up now."""
    claim = await ask_for_claim(deps, pc)
    if isinstance(claim, Unanswered):
        return claim
    if claim is Claim.GONE:
        return None
    if pc.status is Status.DEPROVISIONING:
        await deps.due.put_all([read_once(pc, deps.clock.now())])  # it is built anew, which cleans up first
        return "its user has licence and group again"
    if build.restore_points or build.disks:
        return "its user is entitled to it, and there are restore points of the machine before: retry it or reprovision"
    return None


async def _why_not_replaced(deps: Dependencies, pc: CloudPc, build: Build) -> Unanswered | str | None:
    """Ask Azure about the machine that is used now; return why the one before it is not cleaned up now."""
    if build.phase is not Phase.LEAVING or pc.status not in WORKING:
        return None  # it never was anybody's, or there is no other machine that should be there
    there = await successor_is_there(deps, pc)
    if there is False:
        return "the machine that took its place is not in Azure: this one is all that is left of the Cloud PC"
    return there if isinstance(there, Unanswered) else None


def _to_clean_up(pc: CloudPc, due: Due) -> Build | None:
    """Return the build whose clean-up is due; None if it is not due, or the build has no machine."""
    build = pc.build(due.generation)
    if build is None or not pc.to_clean_up(build) or build.resources.computer_name is None:
        return None
    return build if build.clean_up_at is None or build.clean_up_at <= due.at else None
