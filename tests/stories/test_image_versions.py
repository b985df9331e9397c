"""Story of the build, sealing, actions and removal of a version of an image set."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.contracts.image_versions import (
    BEGIN_ADMINISTRATOR,
    BEGIN_PUBLICATION,
    BEGIN_RECIPE_STEP,
    BUILD_VERSION,
    CLOSE_WAY_IN,
    FORGET_SECRET,
    OPEN_WAY_IN,
    READ_ADMINISTRATOR,
    READ_RECIPE_STEP,
    RECORD_VERSION,
    RECORD_VERSION_ACTION,
    RECORD_VERSION_DELETED,
    RECORD_VERSION_STEP,
    REMOVE_VERSION,
    RUN_VERSION_ACTION,
    SEAL_VERSION,
    JoinToTry,
    VersionActionOrder,
    VersionOrder,
    WayIn,
)
from shared.contracts.images import BEGIN_CAPTURE, DELETE_GALLERY_VERSION, POLL_REPLICATION, READ_VALIDATION
from shared.contracts.joining import (
    BEGIN_CARRIER_REMOVAL,
    BEGIN_DISABLE,
    BEGIN_DOMAIN_JOIN,
    BEGIN_ENTRA_JOIN,
    DELETE_DEVICE,
    DELETE_MANAGED_DEVICE,
    POLL_DEVICE,
    READ_DISABLE,
    RECORD_ACCOUNT,
    DeviceFound,
)
from shared.contracts.machines import ALLOCATE_CAPACITY, BEGIN_VM, CREATE_NIC, POLL_OPERATION, Finished
from shared.contracts.outcomes import Done, NoCapacity, Refused
from shared.contracts.remote_actions import BEGIN_RESTART, BEGIN_START
from shared.domain.networks.connection import Domain, Network
from shared.domain.spot.images.image_version import VersionActionName
from tests.stories.people import BEGUN, SNAPSHOT
from tests.stories.tell import Answers, Story, tell
from tests.stories.test_build_device_image import IMPORTED, MANAGED, REMOVED
from tests.stories.test_build_device_image import SMOOTH as IMAGE_IS_SMOOTH

ORDER = VersionOrder(
    tenant_id="contoso",
    version_id="ver51on",
    image_set_id="5et",
    operation_id="op-1",
    display_name="Teachers set 5et",
    version="0.0.1",
    source=SNAPSHOT.image,
    subscription_id="5ub",
    resource_group="cloud-pcs",
    regions=("westeurope", "northeurope"),
    address_space="10.20.0.0/16",
)
BY_RECIPE = ORDER.but(recipe_steps=2)
FIRST = ORDER.but(version="0.0.0", is_first=True)
SMOOTH: Answers = {
    **IMAGE_IS_SMOOTH,
    BEGIN_START: Done(),
    BEGIN_RESTART: BEGUN,
    BEGIN_RECIPE_STEP: BEGUN,
    READ_RECIPE_STEP: Done(),
    BEGIN_PUBLICATION: BEGUN,
    CLOSE_WAY_IN: Done(),
    OPEN_WAY_IN: WayIn(public_address="20.50.2.99"),
    BEGIN_ADMINISTRATOR: BEGUN,
    READ_ADMINISTRATOR: Done(),
    FORGET_SECRET: Done(),
    BEGIN_CARRIER_REMOVAL: Done(),
    RECORD_VERSION: Done(),
    RECORD_VERSION_STEP: Done(),
    RECORD_VERSION_DELETED: Done(),
    RECORD_VERSION_ACTION: Done(),
}
GONE = ["close_way_in", *REMOVED]
VERSION = "/gallery/versions/1.0.0"


def events(story: Story) -> list[str]:
    return [each["event"] for each in story.orders.get("record_version", [])]


def steps(story: Story) -> list[str]:
    return [each["step"] for each in story.orders.get("record_version_step", [])]


def test_by_hand_a_build_ends_with_a_machine_to_customise() -> None:
    story = tell(BUILD_VERSION, ORDER, SMOOTH)

    assert story.result.outcome == "customizing"
    assert (events(story), steps(story)) == (["machineReady"], ["allocateCapacity", "createVm"])
    assert story.last(RECORD_VERSION)["ends"] is True
    assert "begin_vm_delete" not in story.calls


def test_a_version_from_a_managed_image_is_made_from_its_import() -> None:
    managed = ORDER.but(source=MANAGED.source)
    story = tell(BUILD_VERSION, managed, SMOOTH)

    assert steps(story) == ["importSource", "allocateCapacity", "createVm"]
    assert story.last(BEGIN_VM)["image"] == {"galleryVersionId": IMPORTED}
    assert story.calls[-2:] == ["delete_import", "record_version"]


def test_the_first_version_of_a_set_of_a_managed_image_is_built() -> None:
    story = tell(BUILD_VERSION, FIRST.but(source=MANAGED.source), SMOOTH)

    assert story.result.outcome == "available"
    assert steps(story)[:2] == ["importSource", "allocateCapacity"]
    assert story.orders["record_version_step"][0]["steps"][0] == "importSource"


def test_a_seal_closes_the_way_in_before_anything_else_and_ends_available() -> None:
    story = tell(SEAL_VERSION, ORDER, SMOOTH)

    assert story.result.outcome == "available"
    assert story.calls[1:3] == ["close_way_in", "begin_start"]
    assert events(story) == ["captured", "tested", "replicated"]
    assert steps(story) == ["closeWayIn", "generalize", "capture", "cleanUp", "validate", "replicate"]
    assert story.last(RECORD_VERSION)["regions"] == ["westeurope", "northeurope"]


def test_a_version_is_captured_in_one_region_excluded_and_published_when_it_is_tested() -> None:
    story = tell(SEAL_VERSION, ORDER, SMOOTH)

    capture = story.last(BEGIN_CAPTURE)
    assert (capture["regions"], capture["excludeFromLatest"]) == (["westeurope"], True)
    assert story.calls.index("read_validation") < story.calls.index("begin_publication")
    assert story.last(BEGIN_PUBLICATION)["validated"] is True


def test_the_machine_is_gone_before_the_test_machine_of_the_same_name_starts() -> None:
    story = tell(SEAL_VERSION, ORDER, SMOOTH)

    assert story.calls.index("begin_vm_delete") < story.calls.index("begin_vm")
    assert story.last(BEGIN_VM)["image"]["galleryVersionId"] == VERSION
    assert story.calls.count("begin_vm_delete") == 2


def test_without_capacity_for_a_test_it_is_available_and_nobody_s_latest() -> None:
    full = NoCapacity(code="nocapacity", message="full")
    story = tell(SEAL_VERSION, ORDER, {**SMOOTH, ALLOCATE_CAPACITY: full})

    assert story.result.outcome == "available"
    assert story.last(BEGIN_PUBLICATION)["validated"] is False
    assert story.last(RECORD_VERSION)["validated"] is False


JOINS = JoinToTry(
    connection_id="c",
    network=Network(virtual_network_id="/net", subnet_ids=("/own",)),
    hybrid_wait=timedelta(minutes=90),
)
OF_DOMAIN = JOINS.but(domain=Domain(ad_domain_name="corp.example", ad_domain_username="join", password_secret_url="x"))
JOINING: Answers = {
    **SMOOTH,
    BEGIN_ENTRA_JOIN: BEGUN,
    BEGIN_DOMAIN_JOIN: BEGUN,
    POLL_DEVICE: DeviceFound(device_id="d", object_id="o"),
    DELETE_DEVICE: Done(),
    DELETE_MANAGED_DEVICE: Done(),
    BEGIN_DISABLE: BEGUN,
    READ_DISABLE: Done(),
    RECORD_ACCOUNT: Done(),
}


def test_the_test_machine_joins_as_a_host_would_and_its_device_goes_with_it() -> None:
    story = tell(SEAL_VERSION, ORDER.but(joins=JOINS), JOINING)

    assert story.result.outcome == "available"
    tested = story.calls[story.calls.index("read_validation") :]
    assert [each for each in tested if each in {"begin_entra_join", "poll_device", "begin_vm_delete"}] == [
        "begin_entra_join",
        "poll_device",
        "begin_vm_delete",
    ]
    assert tested.index("begin_vm_delete") < tested.index("delete_managed_device") < tested.index("delete_device")
    assert tested.index("delete_device") < tested.index("begin_publication")
    assert story.last(BEGIN_ENTRA_JOIN)["enroll"] is False
    assert story.last(CREATE_NIC)["subnetIds"] == ["/own"]


@pytest.mark.parametrize("joins", [True, False])
def test_the_account_of_a_test_machine_in_a_domain_is_disabled_also_when_the_join_failed(*, joins: bool) -> None:
    answers = (
        JOINING if joins else {**JOINING, BEGIN_DOMAIN_JOIN: Refused(code="joinRefused", message="no", final=True)}
    )
    story = tell(SEAL_VERSION, ORDER.but(joins=OF_DOMAIN), answers)

    assert story.result.outcome == ("available" if joins else "failed")
    last_machine = len(story.calls) - 1 - story.calls[::-1].index("begin_vm_delete")
    assert story.calls.index("begin_disable") < last_machine < story.calls.index("delete_device", last_machine)
    assert ("delete_gallery_version" in story.calls) is not joins


def test_a_seal_that_broke_off_behind_the_capture_does_not_generalise_again() -> None:
    story = tell(SEAL_VERSION, ORDER.but(captured=VERSION), SMOOTH)

    assert "begin_generalize" not in story.calls
    assert "begin_start" not in story.calls
    assert story.result.outcome == "available"


def test_a_recipe_runs_in_its_order_then_windows_restarts_then_it_seals_itself() -> None:
    story = tell(BUILD_VERSION, BY_RECIPE, SMOOTH)

    assert story.result.outcome == "available"
    assert [each["number"] for each in story.orders["begin_recipe_step"]] == [0, 1]
    assert story.calls.index("begin_restart") > story.calls.index("read_recipe_step")
    assert events(story) == ["machineReady", "sealBegun", "captured", "tested", "replicated"]
    assert [each["ends"] for each in story.orders["record_version"]] == [False, False, False, False, True]


def test_a_step_of_a_recipe_that_fails_ends_the_version_with_its_evidence_and_leaves_nothing() -> None:
    refused = Refused(code="recipeFailed", message="step 1 (Office) failed", evidence="exit 3", final=True)
    story = tell(BUILD_VERSION, BY_RECIPE, {**SMOOTH, READ_RECIPE_STEP: refused})

    assert story.calls[-6:] == [*GONE, "record_version"]
    failure = story.last(RECORD_VERSION)["failure"]
    assert (failure["evidence"], failure["message"]) == ("exit 3", "customize: step 1 (Office) failed")


def test_the_first_version_of_a_global_set_is_replicating_until_it_is_available() -> None:
    story = tell(BUILD_VERSION, FIRST, SMOOTH)

    assert (events(story), story.result.outcome) == (["replicated"], "available")
    assert "begin_recipe_step" not in story.calls


@pytest.mark.parametrize("broken", [BEGIN_VM, READ_VALIDATION, BEGIN_PUBLICATION, POLL_REPLICATION])
def test_whatever_fails_after_the_capture_takes_the_version_out_of_the_gallery(broken: object) -> None:
    refused = Refused(code="broken", message="no", evidence="why")
    story = tell(SEAL_VERSION, ORDER, {**SMOOTH, broken: refused})

    assert story.calls[-7:] == [*GONE, "delete_gallery_version", "record_version"]
    assert events(story)[-1] == "gaveUp"
    assert story.last(RECORD_VERSION)["failure"]["evidence"] == "why"


@pytest.mark.parametrize(
    ("failures", "captures", "end"), [(1, 2, "replicated"), (2, 3, "replicated"), (3, 3, "gaveUp")]
)
def test_a_capture_that_fails_leaves_the_gallery_and_is_tried_again(failures: int, captures: int, end: str) -> None:
    failed = Refused(code="InternalExecutionError", message="no", evidence="why")
    answers = {**SMOOTH, POLL_OPERATION: [Finished(), Finished(), *[failed] * failures, Finished()]}
    story = tell(SEAL_VERSION, ORDER, answers)

    assert story.calls.count("begin_capture") == captures
    assert story.calls.count("delete_gallery_version") == failures
    assert events(story)[-1] == end


def test_what_cannot_be_removed_is_told() -> None:
    answers = {
        **SMOOTH,
        READ_VALIDATION: Refused(code="x", message="x"),
        CLOSE_WAY_IN: [Done(), Done(), Refused(code="locked", message="a lock")],
    }
    story = tell(SEAL_VERSION, ORDER, answers)

    assert [each["code"] for each in story.last(RECORD_VERSION)["left"]] == ["locked"]


def test_what_a_build_that_broke_off_has_left_goes_first() -> None:
    story = tell(BUILD_VERSION, ORDER.but(broken_off=True), SMOOTH)

    assert story.calls[: len(GONE)] == GONE


def test_a_removal_takes_machine_gallery_version_and_record() -> None:
    story = tell(REMOVE_VERSION, ORDER.but(captured=VERSION), SMOOTH)

    assert story.calls == [*GONE, "delete_gallery_version", "record_version_deleted"]
    assert story.last(RECORD_VERSION_DELETED)["left"] == []


def test_a_removal_that_leaves_something_says_what() -> None:
    refused = Refused(code="ScopeLocked", message="a lock")
    story = tell(REMOVE_VERSION, ORDER.but(captured=VERSION), {**SMOOTH, DELETE_GALLERY_VERSION: refused})

    assert isinstance(story.result, Refused)
    assert story.last(RECORD_VERSION_DELETED)["left"][0]["code"] == "ScopeLocked"


ACTION = VersionActionOrder(
    tenant_id="contoso",
    version_id="ver51on",
    operation_id="op-2",
    name=VersionActionName.CONNECT,
    machine=ORDER.machine,
    address="20.50.2.10",
    minutes=60,
    secret_url="https://vault/secrets/once",
)


def test_connect_starts_the_machine_sets_the_password_forgets_it_and_only_then_opens_the_way_in() -> None:
    story = tell(RUN_VERSION_ACTION, ACTION, SMOOTH)

    order = ["begin_start", "begin_administrator", "read_administrator", "forget_secret", "begin_carrier_removal"]
    order.append("open_way_in")
    assert [call for call in story.calls if call in order] == order
    assert story.last(OPEN_WAY_IN)["address"] == "20.50.2.10"
    assert story.last(RECORD_VERSION_ACTION)["wayIn"]["publicAddress"] == "20.50.2.99"


@pytest.mark.parametrize("broken", [BEGIN_START, READ_ADMINISTRATOR, OPEN_WAY_IN])
def test_a_connect_that_fails_leaves_neither_a_way_in_nor_the_password(broken: object) -> None:
    story = tell(RUN_VERSION_ACTION, ACTION, {**SMOOTH, broken: Refused(code="no", message="no")})

    assert story.calls[-3:] == ["close_way_in", "forget_secret", "record_version_action"]
    assert story.last(RECORD_VERSION_ACTION)["failure"]["code"] == "no"


def test_shutting_down_closes_the_way_in_first() -> None:
    quiet = ACTION.but(name=VersionActionName.SHUT_DOWN, secret_url=None, address=None, minutes=None)
    story = tell(RUN_VERSION_ACTION, quiet, SMOOTH)

    assert story.calls == ["close_way_in", "begin_deallocate", "poll_operation", "record_version_action"]


def test_a_reboot_waits_until_the_machine_answers() -> None:
    story = tell(RUN_VERSION_ACTION, ACTION.but(name=VersionActionName.REBOOT, secret_url=None), SMOOTH)

    assert story.calls == ["begin_restart", "poll_operation", "poll_agent", "record_version_action"]
