"""A build whose orchestration ends before its time strands nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.e2e.management import manage
from tests.e2e.office import GALLERY_IMAGE, MEDIUM, Office

pytestmark = pytest.mark.e2e


def test_a_build_that_an_operator_terminated_by_mistake_is_begun_again(
    open_office: Callable[..., Office],
) -> None:
    office = open_office()
    upn = office.user(1, MEDIUM)
    office.break_cloud("vm.create", {"kind": "hang"}, max_hits=1)
    office.policy("Everyone", office.connection(), office.group("staff", upn))
    pc = office.reaches(upn, "provisioning")
    office.until(office.machines, says="the machine is being made")
    instance = f"{office.name}-{pc['id']}-provision-{office.timeline(pc['id'])['generation']}"
    manage(office, "/terminate?reason=by+mistake", instance, method="POST")
    office.until(lambda: manage(office, "", instance)["runtimeStatus"] == "Terminated", says="terminated")
    office.pass_time(timedelta(hours=2, minutes=2))

    assert office.reaches(upn, "provisioned")["id"] == pc["id"]
    assert len(office.machines()) == 1


def test_an_image_build_that_was_terminated_is_begun_again_and_leaves_nothing(
    open_office: Callable[..., Office],
) -> None:
    office = open_office()
    office.break_cloud("vm.create", {"kind": "hang"}, max_hits=1)
    form = {
        "name": {"displayName": "Office"},
        "site": {"siteId": "main"},
        "version": {"version": "1.0.0"},
        "source": {"galleryImageId": GALLERY_IMAGE},
    }
    begun = office.portal.ask("POST", f"{office.base}/wizards/create-device-image", form)
    office.until(office.machines, says="the temporary machine is being made")
    instance = f"{office.name}-{begun.body['resourceId']}-build-0"
    manage(office, "/terminate?reason=by+mistake", instance, method="POST")
    office.pass_time(timedelta(minutes=5))

    # The first one's machine hangs: had that one gone on, the build would fail.
    assert office.finish(begun)["status"] == "succeeded"
    assert office.machines() == []
