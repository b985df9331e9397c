"""Records of Cloud PCs for tests, with the fields of the record and of its current build side by side."""

from typing import Any

from shared.domain.cloud_pcs.build import Build
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Phase, Status

PHASES = {
    Status.NOT_PROVISIONED: Phase.NONE,
    Status.PENDING_PROVISION: Phase.WAITING,
    Status.PROVISIONING: Phase.BUILDING,
    Status.FAILED: Phase.FAILED,
}
"""The phase of the current build in each status; in every other one it is built."""


def cloud_pc(*, status: Status, **fields: Any) -> CloudPc:
    """Make a record; the current build is in the phase that goes with *status* unless *phase* says otherwise."""
    own, built = _sorted({"phase": PHASES.get(status, Phase.BUILT), **fields})
    return CloudPc(status=status, current=Build(**built), **own)


def edited(pc: CloudPc, **changes: Any) -> CloudPc:
    """Return *pc* with *changes* of the record and of its current build; a new status brings its phase along."""
    if "status" in changes:
        changes = {"phase": PHASES.get(changes["status"], Phase.BUILT), **changes}
    own, built = _sorted(changes)
    return pc.with_current(**built).but(**own)


def _sorted(fields: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    built = {name: value for name, value in fields.items() if name in Build.model_fields}
    return {name: value for name, value in fields.items() if name not in built}, built
