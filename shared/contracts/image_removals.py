"""Forgetting a device image: its version leaves the site's gallery."""

from __future__ import annotations

from datetime import timedelta
from typing import Never

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Workflow
from shared.contracts.images import GalleryVersion
from shared.contracts.outcomes import Done, Refused
from shared.domain.values import Value


class RemoveImageOrder(Value):
    """Remove the resources of a device image whose record is gone."""

    tenant_id: str
    image_id: str
    operation_id: str
    version: GalleryVersion


class ImageDeletedRecord(Value):
    """Result of a removal; *left*: the reason why the version is still there."""

    tenant_id: str
    operation_id: str
    left: Refused | None = None


REMOVE_IMAGE = Workflow("remove_device_image", RemoveImageOrder, Done | Refused, longest_wait=timedelta(minutes=30))
RECORD_IMAGE_DELETED = Activity(
    "record_image_deleted", ImageDeletedRecord, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
