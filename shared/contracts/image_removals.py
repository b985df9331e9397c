"""Forgetting a device image: its version leaves the site's gallery."""

from __future__ import annotations

from shared.contracts.definitions import PATIENT, Activity, Workflow, returns
from shared.contracts.images import GalleryVersion
from shared.contracts.outcomes import Done, Refused
from shared.domain.values import Value


class RemoveImageOrder(Value):
    """Remove what was built for a device image whose record is gone."""

    tenant_id: str
    image_id: str
    operation_id: str
    version: GalleryVersion


class ImageDeletedRecord(Value):
    """How it ended; *left*: why the version is still there."""

    tenant_id: str
    operation_id: str
    left: Refused | None = None


REMOVE_IMAGE = Workflow("remove_device_image", RemoveImageOrder, returns(Done | Refused))
RECORD_IMAGE_DELETED = Activity("record_image_deleted", ImageDeletedRecord, returns(Done), PATIENT)
