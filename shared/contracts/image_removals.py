"""Forgetting a device image: its version leaves the site's gallery."""

from __future__ import annotations

from shared.contracts.images import GalleryVersion
from shared.contracts.outcomes import Done, Refused
from shared.contracts.shape import PATIENT, Activity, Workflow, gives
from shared.domain.values import Value


class ForgetImageOrder(Value):
    """Remove what was built for a device image whose record is gone."""

    tenant_id: str
    image_id: str
    operation_id: str
    version: GalleryVersion


class ImageForgottenRecord(Value):
    """How it ended; *left*: why the version is still there."""

    tenant_id: str
    operation_id: str
    left: Refused | None = None


FORGET_IMAGE = Workflow("forget_device_image", ForgetImageOrder, gives(Done | Refused))
RECORD_IMAGE_FORGOTTEN = Activity("record_image_forgotten", ImageForgottenRecord, gives(Done), PATIENT)
