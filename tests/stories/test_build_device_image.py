"""What happens when a device image is built."""

from __future__ import annotations

import pytest

from orchestrators import build_device_image as _registered  # noqa: F401 - registers the story
from shared.contracts.images import (
    BEGIN_CAPTURE,
    BEGIN_GENERALIZE,
    BUILD_IMAGE,
    DELETE_GALLERY_VERSION,
    MARK_GENERALIZED,
    POLL_REPLICATION,
    POLL_STOPPED,
    PREPARE_GALLERY,
    RECORD_IMAGE_FAILED,
    RECORD_IMAGE_READY,
    RECORD_IMAGE_STEP,
    ImageOrder,
)
from shared.contracts.machines import ALLOCATE_CAPACITY, BEGIN_DEALLOCATE, BEGIN_VM, DELETE_DISK, Place
from shared.contracts.outcomes import Accepted, Done, NoCapacity, Pending, Refused
from tests.stories.people import ALL_WELL, BEGUN, HERE, SNAPSHOT
from tests.stories.tell import Answers, tell

ORDER = ImageOrder(
    tenant_id="contoso",
    image_id="1mage",
    operation_id="op-1",
    display_name="Office",
    version="1.0.0",
    source=SNAPSHOT.image,
    subscription_id="5ub",
    resource_group="cloud-pcs",
    regions=("westeurope", "northeurope"),
    address_space="10.20.0.0/16",
)
SMOOTH: Answers = {
    **ALL_WELL,
    DELETE_DISK: Done(),
    BEGIN_GENERALIZE: BEGUN,
    POLL_STOPPED: Done(),
    BEGIN_DEALLOCATE: BEGUN,
    MARK_GENERALIZED: Done(),
    PREPARE_GALLERY: Done(),
    BEGIN_CAPTURE: Accepted(resource_id="/gallery/versions/1.0.0", operation_url="https://arm/operations/2"),
    POLL_REPLICATION: Done(),
    DELETE_GALLERY_VERSION: Done(),
    RECORD_IMAGE_STEP: Done(),
    RECORD_IMAGE_READY: Done(),
    RECORD_IMAGE_FAILED: Done(),
}
REMOVED = ["begin_vm_delete", "poll_operation", "delete_nic", "delete_disk"]


def test_the_steps_come_in_order_and_the_temporary_machine_goes_before_the_image_is_ready() -> None:
    story = tell(BUILD_IMAGE, ORDER, SMOOTH)

    assert [o["step"] for o in story.orders["record_image_step"]] == [
        "allocateCapacity",
        "createVm",
        "generalize",
        "capture",
        "replicate",
        "cleanUp",
    ]
    assert story.calls[-5:] == [*REMOVED, "record_image_ready"]
    assert story.last(RECORD_IMAGE_READY)["versionId"] == "/gallery/versions/1.0.0"


def test_a_place_without_room_is_left_clean_and_the_next_is_tried() -> None:
    there = Place(region="westeurope", size="Standard_D2as_v5")
    full = NoCapacity(code="AllocationFailed", message="full")
    story = tell(BUILD_IMAGE, ORDER, {**SMOOTH, ALLOCATE_CAPACITY: [HERE, there], BEGIN_VM: [full, BEGUN]})

    assert story.result.outcome == "ready"
    assert story.last(ALLOCATE_CAPACITY)["tried"] == [HERE.to_json()]


@pytest.mark.parametrize("broken", [BEGIN_VM, BEGIN_GENERALIZE, MARK_GENERALIZED, PREPARE_GALLERY, BEGIN_CAPTURE])
def test_whatever_fails_nothing_is_left_and_the_evidence_is_kept(broken: object) -> None:
    refused = Refused(code="ImageBroken", message="no", evidence="exit 51")
    story = tell(BUILD_IMAGE, ORDER, {**SMOOTH, broken: refused})

    assert story.result.outcome == "failed"
    assert story.calls[-5:] == [*REMOVED, "record_image_failed"]
    assert story.last(RECORD_IMAGE_FAILED)["failure"]["evidence"] == "exit 51"


def test_a_version_that_never_replicates_is_removed() -> None:
    story = tell(BUILD_IMAGE, ORDER, {**SMOOTH, POLL_REPLICATION: Pending(note="40 %")})

    assert story.calls[-2:] == ["delete_gallery_version", "record_image_failed"]


def test_what_cannot_be_removed_is_listed() -> None:
    story = tell(BUILD_IMAGE, ORDER, {**SMOOTH, DELETE_DISK: Refused(code="ScopeLocked", message="a lock")})

    assert story.result.outcome == "failed"
    assert story.last(RECORD_IMAGE_FAILED)["left"][0]["code"] == "ScopeLocked"


def test_what_a_build_that_broke_off_has_left_goes_first() -> None:
    story = tell(BUILD_IMAGE, ORDER.but(broken_off=True), SMOOTH)

    assert story.calls[: len(REMOVED)] == REMOVED
    assert story.result.outcome == "ready"
