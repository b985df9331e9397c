"""The second question of an act that has waited: asked by the activity that destroys something, just before it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from activities.policies.decisions import kept_for_now
from shared.contracts.outcomes import HELD_BACK, Refused
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.destroying import Act, Confirmation, Unanswered
from shared.domain.spot.hosts.host import does
from shared.services.cloud_pcs.deprovisioning import hold_back_clean_up, is_ended_by_hand
from shared.services.directory.second_questions import Claim, ask_for_claim
from shared.services.spot.members import confirm_removal


async def ask_again(confirmation: Confirmation) -> Refused | None:
    """Repeat the question behind an old confirmation; return why the act must wait, or None. Raises: ThrottledError.

    An outage, a lack of capacity, a pause or a stopped host lie between a question and its act.
    """
    if confirmation.counts(dependencies().clock.now()):
        return None
    why = await _QUESTIONS[confirmation.act](confirmation)
    return Refused(code=HELD_BACK, message=why) if why is not None else None


async def _cloud_pc(confirmation: Confirmation) -> CloudPc | None:
    """Return the Cloud PC that has the build, None where there is nobody to ask about."""
    found = await dependencies().machines.find(confirmation.tenant_id, confirmation.subject_id)
    return found.value if found is not None and found.value.build(confirmation.generation) is not None else None


async def _end_grace(confirmation: Confirmation) -> str | None:
    """Ask the directory again before a user is signed off at the end of a grace period."""
    deps, pc = dependencies(), await _cloud_pc(confirmation)
    if pc is None:
        return None
    claim = await ask_for_claim(deps, pc)
    if isinstance(claim, Unanswered):
        return None if await is_ended_by_hand(deps, pc) else claim.why
    return None if claim is Claim.GONE else "its user has licence and group again"


async def _build_anew(confirmation: Confirmation) -> str | None:
    pc = await _cloud_pc(confirmation)
    why = await kept_for_now(pc) if pc is not None else None
    return why.message if why is not None else None


async def _clean_up(confirmation: Confirmation) -> str | None:
    pc = await _cloud_pc(confirmation)
    build = pc.build(confirmation.generation) if pc is not None else None
    if pc is None or build is None:
        return None
    held = await hold_back_clean_up(dependencies(), pc, build)
    return held.why if held is not None else None


async def _remove_host(confirmation: Confirmation) -> str | None:
    deps = dependencies()
    stored = await deps.session_hosts.find(confirmation.tenant_id, confirmation.subject_id)
    if stored is None or not does(stored.value, confirmation.generation):
        return None
    group = await deps.spot_groups.find(confirmation.tenant_id, stored.value.spot_group_id)
    if group is None or await confirm_removal(deps, group.value, stored.value) is not None:
        return None
    return "its user is back, or the directory did not say"


_QUESTIONS: Mapping[Act, Callable[[Confirmation], Awaitable[str | None]]] = MappingProxyType(
    {
        Act.END_GRACE: _end_grace,
        Act.CLEAN_UP_REMOVED: _clean_up,
        Act.CLEAN_UP_FAILED: _clean_up,
        Act.CLEAN_UP_REPLACED: _clean_up,
        Act.BUILD_ANEW: _build_anew,
        Act.REMOVE_HOST: _remove_host,
    }
)
"""The acts that may wait between their question and their effect; a plan asks and records at once."""
