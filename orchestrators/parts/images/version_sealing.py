"""Sealing: a customised machine becomes a version that hosts can be made from. It cannot be undone."""

from __future__ import annotations

from dataclasses import replace

from orchestrators.parts.images.capture import (
    NOT_TRIED,
    await_replication,
    begin_capture,
    finish_capture,
    generalize,
    temporary_machine,
    validate_image,
)
from orchestrators.parts.images.versions import VersionWork, forget_device, remove_everything
from orchestrators.parts.machines.computer_accounts import disable_accounts_of
from orchestrators.parts.machines.joining import await_device, join
from orchestrators.parts.machines.machines import Recorder, ensure_removed
from orchestrators.parts.work import WorkFailedError
from shared.contracts.image_versions import BEGIN_PUBLICATION, JoinToTry, PublishOrder, VersionBuilt
from shared.contracts.images import CAPTURE_POLL, DELETE_GALLERY_VERSION
from shared.contracts.machines import Machine
from shared.domain.cloud_pcs.build import Warn
from shared.domain.images.image import ImageSource
from shared.domain.spot.images.image_version import VersionEvent
from shared.workflow import Steps

_CAPTURES = 3
"""Number of captures of a machine until the version fails: Azure fails a capture now and then."""


def seal(work: VersionWork) -> Steps[VersionBuilt]:
    """Make a version of the machine.

    (1) Generalise Windows, (2) capture it in its first region, excluded from latest, (3) remove the machine, (4) prove
    with a test machine that it starts and joins, (5) replicate it to all its regions. Raises: WorkFailedError.
    """
    order = work.order
    if work.captured is None:
        yield from work.begin("generalize")
        yield from generalize(work, order.machine)  # (1)
        yield from _capture(work)  # (2)
    version_id = str(work.captured)
    yield from work.begin("cleanUp")
    ensure_removed((yield from remove_everything(work)))  # (3)
    yield from work.begin("validate")
    warnings = yield from _test(work, version_id)  # (4)
    validated = NOT_TRIED not in {warning.step for warning in warnings}
    found = work.found().but(gallery_version_id=version_id, warnings=warnings, validated=validated)
    yield from work.happened(VersionEvent.TESTED, found)
    yield from _publish(work, version_id, validated=validated)  # (5)
    yield from work.happened(VersionEvent.REPLICATED, found.but(regions=order.regions))
    return VersionBuilt(outcome="available")


def _test(work: VersionWork, version_id: str) -> Steps[tuple[Warn, ...]]:
    """Start a test machine from the version, which joins where the site has a connection; return its warnings."""
    joins = work.order.joins
    spec = replace(temporary_machine(work.order, Recorder()), image=ImageSource(gallery_version_id=version_id))
    if joins is None:
        return (yield from validate_image(work, spec))
    spec = replace(spec, network=joins.network)
    warnings = yield from validate_image(work, spec, lambda machine: try_to_join(work, machine, joins))
    ensure_removed((yield from work.try_all(forget_device(work))))
    return warnings


def try_to_join(work: VersionWork, machine: Machine, joins: JoinToTry) -> Steps[None]:
    """Join as a host would, wait for the device, and disable its account in the domain. Raises: WorkFailedError."""
    failed: WorkFailedError | None = None
    try:
        since = yield from join(work, machine, joins.domain, enroll=False)
        yield from await_device(work, machine, joins.domain, since=since, hybrid_wait=joins.hybrid_wait)
    except WorkFailedError as error:
        failed = error  # a join that failed may have made the account all the same
    yield from disable_accounts_of(work.ctx, [machine], joins.connection_id if joins.domain else None)
    if failed is not None:
        raise failed


def _capture(work: VersionWork) -> Steps[None]:
    """Capture the machine. A failed capture is deleted from the gallery and tried again: the machine is unchanged."""
    yield from work.begin("capture")
    for tried in range(1, _CAPTURES + 1):
        operation = yield from begin_capture(work, work.order.capture)
        work.captured = operation.resource_id
        try:
            yield from finish_capture(work, work.order.machine, operation)
            break
        except WorkFailedError:
            if tried == _CAPTURES:
                raise
        yield from work.do(DELETE_GALLERY_VERSION, work.order.gallery_version(operation.resource_id))
        work.captured = None
    yield from await_replication(work, work.order.gallery_version(str(work.captured)))
    yield from work.happened(VersionEvent.CAPTURED, work.found().but(gallery_version_id=work.captured))


def _publish(work: VersionWork, version_id: str, *, validated: bool) -> Steps[None]:
    yield from work.begin("replicate")
    order, version = work.order, work.order.gallery_version(version_id)
    what = PublishOrder(
        tenant_id=order.tenant_id,
        gallery_version=version,
        image_set_id=order.image_set_id,
        regions=order.regions,
        validated=validated,
    )
    yield from work.finish(order.machine, (yield from work.do(BEGIN_PUBLICATION, what)), CAPTURE_POLL)
    yield from await_replication(work, version)
