"""Story of the removal of a device image."""

from __future__ import annotations

from shared.contracts.images import (
    DELETE_GALLERY_VERSION,
    RECORD_IMAGE_DELETED,
    REMOVE_IMAGE,
    GalleryVersion,
    RemoveImageOrder,
)
from shared.contracts.outcomes import Done, Refused
from tests.stories.tell import tell

VERSION = GalleryVersion(tenant_id="acme", subscription_id="s", version_id="/g/images/i/versions/1.0.0")
ORDER = RemoveImageOrder(tenant_id="acme", image_id="i1", operation_id="op-1", version=VERSION)


def test_the_version_is_deleted_and_the_operation_updated() -> None:
    story = tell(REMOVE_IMAGE, ORDER, {DELETE_GALLERY_VERSION: Done(), RECORD_IMAGE_DELETED: Done()})

    assert story.last(DELETE_GALLERY_VERSION)["versionId"] == VERSION.version_id
    assert story.last(RECORD_IMAGE_DELETED) == {"tenantId": "acme", "operationId": "op-1"}


def test_what_azure_refuses_to_delete_is_recorded() -> None:
    no = Refused(code="ScopeLocked", message="the group is locked")
    story = tell(REMOVE_IMAGE, ORDER, {DELETE_GALLERY_VERSION: no, RECORD_IMAGE_DELETED: Done()})

    assert story.last(RECORD_IMAGE_DELETED)["left"]["code"] == "ScopeLocked"
