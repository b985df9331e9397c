"""Story of the build of a device image."""

from __future__ import annotations

import pytest

from shared.contracts.images import (
    BEGIN_CAPTURE,
    BEGIN_GENERALIZE,
    BEGIN_IMPORT,
    BEGIN_VALIDATION,
    BUILD_IMAGE,
    DELETE_GALLERY_VERSION,
    DELETE_IMPORT,
    MARK_GENERALIZED,
    POLL_REPLICATION,
    POLL_STOPPED,
    PREPARE_GALLERY,
    PREPARE_IMPORT,
    READ_VALIDATION,
    RECORD_IMAGE_FAILED,
    RECORD_IMAGE_READY,
    RECORD_IMAGE_STEP,
    ImageOrder,
    Validated,
)
from shared.contracts.machines import ALLOCATE_CAPACITY, BEGIN_DEALLOCATE, BEGIN_VM, DELETE_DISK, Place
from shared.contracts.outcomes import Accepted, Done, NoCapacity, Pending, Refused
from shared.domain.cloud_pcs.build import Warn
from shared.domain.images.image import ImageSource
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
IMPORTED = "/gallery/images/imported-managed-images/versions/1.2.3"
SMOOTH: Answers = {
    **ALL_WELL,
    PREPARE_IMPORT: Done(),
    BEGIN_IMPORT: Accepted(resource_id=IMPORTED, operation_url="https://arm/operations/1"),
    DELETE_IMPORT: Done(),
    DELETE_DISK: Done(),
    BEGIN_GENERALIZE: BEGUN,
    POLL_STOPPED: Done(),
    BEGIN_DEALLOCATE: BEGUN,
    MARK_GENERALIZED: Done(),
    PREPARE_GALLERY: Done(),
    BEGIN_CAPTURE: Accepted(resource_id="/gallery/versions/1.0.0", operation_url="https://arm/operations/2"),
    POLL_REPLICATION: Done(),
    BEGIN_VALIDATION: BEGUN,
    READ_VALIDATION: Validated(),
    DELETE_GALLERY_VERSION: Done(),
    RECORD_IMAGE_STEP: Done(),
    RECORD_IMAGE_READY: Done(),
    RECORD_IMAGE_FAILED: Done(),
}
MANAGED = ORDER.but(source=ImageSource(managed_image_id="/subscriptions/5ub/resourceGroups/g/providers/x/images/i"))
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
        "validate",
    ]
    assert story.calls[-5:] == [*REMOVED, "record_image_ready"]
    assert story.last(RECORD_IMAGE_READY)["versionId"] == "/gallery/versions/1.0.0"


def test_a_test_machine_starts_from_the_captured_version_and_goes_again() -> None:
    story = tell(BUILD_IMAGE, ORDER, SMOOTH)

    assert story.last(BEGIN_VM)["image"]["galleryVersionId"] == "/gallery/versions/1.0.0"
    assert story.calls.count("begin_vm_delete") == 2
    assert story.last(RECORD_IMAGE_READY)["warnings"] == []


def test_an_image_that_does_not_start_fails_and_leaves_no_version() -> None:
    dead = Refused(code="OSProvisioningClientError", message="no sysprep")
    story = tell(BUILD_IMAGE, ORDER, {**SMOOTH, BEGIN_VM: [BEGUN, dead]})

    assert story.result.outcome == "failed"
    assert story.calls[-2:] == ["delete_gallery_version", "record_image_failed"]
    assert story.last(RECORD_IMAGE_FAILED)["failure"]["message"].startswith("validate: ")


def test_what_the_test_machine_reports_is_a_warning_of_the_image() -> None:
    warned = Validated(warnings=(Warn(step="checkAgents", message="remove frxsvc"),))
    story = tell(BUILD_IMAGE, ORDER, {**SMOOTH, READ_VALIDATION: warned})

    assert story.result.outcome == "ready"
    assert [each["step"] for each in story.last(RECORD_IMAGE_READY)["warnings"]] == ["checkAgents"]


def test_an_image_that_reports_that_it_cannot_be_used_fails() -> None:
    refused = Refused(code="sourceImageInvalid", message="checkJoin: joined", final=True)
    story = tell(BUILD_IMAGE, ORDER, {**SMOOTH, READ_VALIDATION: refused})

    assert story.result.outcome == "failed"
    assert story.calls[-6:] == [*REMOVED, "delete_gallery_version", "record_image_failed"]


def test_without_capacity_for_the_test_machine_the_image_warns_that_nothing_is_proven() -> None:
    full = NoCapacity(code="nocapacity", message="full")
    story = tell(BUILD_IMAGE, ORDER, {**SMOOTH, ALLOCATE_CAPACITY: [HERE, full]})

    assert story.result.outcome == "ready"
    assert "want of capacity" in story.last(RECORD_IMAGE_READY)["warnings"][0]["message"]


def test_a_place_without_capacity_is_left_clean_and_the_next_is_tried() -> None:
    there = Place(region="westeurope", size="Standard_D2as_v5")
    full = NoCapacity(code="AllocationFailed", message="full")
    story = tell(BUILD_IMAGE, ORDER, {**SMOOTH, ALLOCATE_CAPACITY: [HERE, there], BEGIN_VM: [full, BEGUN, BEGUN]})

    assert story.result.outcome == "ready"
    assert [each["tried"] for each in story.orders["allocate_capacity"]][:2] == [[], [HERE.to_json()]]


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


def test_a_managed_image_is_imported_before_the_machine_is_made_from_the_import_which_then_goes() -> None:
    story = tell(BUILD_IMAGE, MANAGED, SMOOTH)

    assert story.calls[:3] == ["record_image_step", "prepare_import", "begin_import"]
    assert [o["step"] for o in story.orders["record_image_step"]][:3] == [
        "importSource",
        "allocateCapacity",
        "createVm",
    ]
    assert story.orders["begin_vm"][0]["image"] == {"galleryVersionId": IMPORTED}
    assert story.calls.index("begin_vm") < story.calls.index("delete_import") < story.calls.index("begin_generalize")
    assert story.result.outcome == "ready"


@pytest.mark.parametrize("broken", [PREPARE_IMPORT, BEGIN_IMPORT, BEGIN_VM, BEGIN_GENERALIZE])
def test_what_was_imported_goes_with_a_build_that_fails(broken: object) -> None:
    story = tell(BUILD_IMAGE, MANAGED, {**SMOOTH, broken: Refused(code="Broken", message="no")})

    assert story.result.outcome == "failed"
    assert story.calls[-2:] == ["delete_import", "record_image_failed"]


def test_an_import_that_cannot_be_removed_is_listed() -> None:
    locked = Refused(code="ScopeLocked", message="a lock")
    story = tell(
        BUILD_IMAGE, MANAGED, {**SMOOTH, BEGIN_VM: Refused(code="Broken", message="no"), DELETE_IMPORT: locked}
    )

    assert [each["code"] for each in story.last(RECORD_IMAGE_FAILED)["left"]] == ["ScopeLocked"]


def test_what_a_build_from_a_managed_image_that_broke_off_has_left_goes_first() -> None:
    story = tell(BUILD_IMAGE, MANAGED.but(broken_off=True), SMOOTH)

    assert story.calls[: len(REMOVED) + 1] == [*REMOVED, "delete_import"]
