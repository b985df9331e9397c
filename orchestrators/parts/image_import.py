"""The import of a managed image: a version in the site's gallery, for as long as a machine is made from it."""

from __future__ import annotations

from dataclasses import replace

from orchestrators.parts.image_capture import StepRecorder, await_replication, temporary_machine
from orchestrators.parts.machines import create
from orchestrators.parts.work import Work
from shared.contracts.image_versions import VersionOrder
from shared.contracts.images import (
    BEGIN_IMPORT,
    CAPTURE_POLL,
    DELETE_IMPORT,
    PREPARE_IMPORT,
    ImageOrder,
    ImportOrder,
)
from shared.contracts.machines import NETWORK_POLL, Machine
from shared.domain.images.image import ImageSource
from shared.workflow import Steps


def create_temporary_machine(work: Work, order: ImageOrder | VersionOrder, recorder: StepRecorder) -> Steps[Machine]:
    """Create the machine that the image is captured from. Raises: WorkFailedError.

    Its disk is a copy: what was imported for it goes as soon as it runs.
    """
    spec = temporary_machine(order, recorder)
    importing = order.import_for(order.machine)
    if importing is None:
        return (yield from create(work, spec))
    yield from recorder.importing()
    imported = yield from _import(work, order, importing)
    machine = yield from create(work, replace(spec, image=imported))
    yield from work.do(DELETE_IMPORT, importing)
    return machine


def _import(work: Work, order: ImageOrder | VersionOrder, importing: ImportOrder) -> Steps[ImageSource]:
    """Copy the managed image into the gallery; return the copy. Raises: WorkFailedError."""
    yield from work.wait(PREPARE_IMPORT, importing, NETWORK_POLL)
    operation = yield from work.do(BEGIN_IMPORT, importing)
    yield from work.finish(order.machine, operation, CAPTURE_POLL)
    yield from await_replication(work, order.gallery_version(operation.resource_id))
    return ImageSource(gallery_version_id=operation.resource_id)
