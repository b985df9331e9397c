"""Effects of the engine's plans on a group's open release, and on the operation that waits for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.cloud_pcs.build import Failure
from shared.domain.operations.operation import Operation, OperationStatus
from shared.domain.spot.engine.state import SpotGroupState
from shared.domain.spot.groups.target import Method
from shared.domain.spot.hosts.host import HostStatus
from shared.domain.spot.hosts.release import ImageOfGroup, ReleaseStatus, SpotRelease
from shared.services.spot.releases import end_release
from tests.integration import things
from tests.integration.desks import GROUP_ID, Desk, image_version, off, on_paper, session_host, spot_group
from tests.integration.engine_runs import run, steps
from tests.integration.services import IdleHost, PaperServices

NEW = {"image_version": "2.0.0", "release_id": "r1"}


@pytest.fixture
async def office(contoso: PaperServices) -> PaperServices:
    """Contoso with a Spot Group of two hosts of version 1.0.0, whose release of 2.0.0 has begun."""
    await contoso.spot_groups.insert(spot_group(quantity=20, **NEW))
    await contoso.image_versions.insert(image_version())
    await contoso.image_versions.insert(image_version("2.0.0"))
    await contoso.spot_states.insert(SpotGroupState(id=GROUP_ID, tenant_id=things.TENANT_ID))
    await contoso.releases.insert(release())
    await contoso.operations.insert(
        Operation(
            id="o1",
            tenant_id=things.TENANT_ID,
            kind="updateSpotGroup",
            resource_id=GROUP_ID,
            requested_by="Ada",
            created_date_time=things.NOW,
            last_modified_date_time=things.NOW,
        )
    )
    for number in (1, 2):
        await contoso.session_hosts.insert(session_host(number))
    on_paper(contoso, h1=Desk(), h2=off())
    return contoso


def release(**changes: Any) -> SpotRelease:
    value = SpotRelease(
        id="r1",
        tenant_id=things.TENANT_ID,
        spot_group_id=GROUP_ID,
        image=ImageOfGroup(image_set_id="set", image_version="2.0.0"),
        before=ImageOfGroup(image_set_id="set", image_version="1.0.0"),
        method=Method.IMMEDIATE,
        operation_id="o1",
        requested_by="Ada",
        created_date_time=things.NOW,
        last_modified_date_time=things.NOW,
    )
    return value.but(**changes)


async def kept(services: PaperServices) -> tuple[SpotRelease, Operation]:
    found = await services.releases.get(things.TENANT_ID, "r1")
    return found.value, (await services.operations.get(things.TENANT_ID, "o1")).value


async def test_a_release_begins_with_one_host_and_its_operation_says_so(office: PaperServices) -> None:
    planned = await run(IdleHost())
    assert [(step.action.value, step.reason.value) for step in planned.steps] == [("build", "canary")]
    found, operation = await kept(office)
    assert (found.stage.value, operation.open_step) == ("canary", "canary")
    assert steps(await run(IdleHost())) == []  # one canary, however often it is planned


async def test_a_canary_that_does_not_work_stops_the_release_and_takes_nobodys_host(office: PaperServices) -> None:
    await office.session_hosts.insert(session_host(3, image_version="2.0.0", proven=False))
    on_paper(office, h1=Desk(sessions={"ada@contoso.example": "Active"}), h2=off(), h3=Desk(allows=False))
    assert steps(await run(IdleHost())) == []
    found, operation = await kept(office)
    assert (found.status, operation.status) == (ReleaseStatus.FAILED, OperationStatus.FAILED)
    assert operation.error is not None
    assert operation.error.message == "The first host of version 2.0.0 does not work."


async def test_a_canary_that_never_registered_stays_for_the_groups_time_and_everything_says_why(
    office: PaperServices,
) -> None:
    """The next look finds a release that has stopped, and a broken host: it is the evidence, and not mended away."""
    said = "spot-3 has not registered yet"
    await office.spot_groups.change(
        things.TENANT_ID,
        GROUP_ID,
        lambda group: group.but(capacity=group.capacity.but(keep_failed_host_in_hours=3)),
    )
    failure = Failure(code="timedOut", message=said)
    failed = session_host(3, image_version="2.0.0", status=HostStatus.FAILED, failure=failure, proven=None)
    await office.session_hosts.insert(failed)
    on_paper(office, h1=Desk(sessions={"ada@contoso.example": "Active"}), h2=off())
    for _ in range(3):
        assert steps(await run(IdleHost())) == []
        office.hand.advance(timedelta(minutes=1))
    found, operation = await kept(office)
    state = (await office.spot_states.get(things.TENANT_ID, GROUP_ID)).value
    assert operation.error is not None
    expected = f"The first host of version 2.0.0 does not work: {said}."
    assert {found.cause, operation.error.message, state.cause} == {expected}

    office.hand.advance(timedelta(hours=3))
    planned = await run(IdleHost())
    assert [(step.action.value, step.session_host_id, step.reason.value) for step in planned.steps] == [
        ("remove", "h3", "failedInRelease")
    ]


async def test_a_paused_release_builds_nothing(office: PaperServices) -> None:
    await office.releases.change(things.TENANT_ID, "r1", lambda there: there.but(status=ReleaseStatus.PAUSED))
    assert steps(await run(IdleHost())) == []
    assert (await kept(office))[1].status is OperationStatus.NOT_STARTED


async def test_a_scheduled_release_is_looked_at_when_its_hosts_have_to_be_built(office: PaperServices) -> None:
    at = things.NOW + timedelta(days=2)
    scheduled = {"method": Method.SCHEDULED, "at": at}
    await office.releases.change(things.TENANT_ID, "r1", lambda there: there.but(**scheduled))
    assert steps(await run(IdleHost())) == []
    assert (await kept(office))[0].stage.value == "waiting"
    office.hand.at = at - timedelta(hours=1)  # twice the time of a build: the canary's, and the others'
    assert [step.reason.value for step in (await run(IdleHost())).steps if step.action.value == "build"] == ["canary"]


async def test_a_host_that_breaks_while_a_release_waits_is_replaced_by_one_of_the_version_before(
    office: PaperServices,
) -> None:
    scheduled = {"method": Method.SCHEDULED, "at": things.NOW + timedelta(days=90)}
    await office.releases.change(things.TENANT_ID, "r1", lambda there: there.but(**scheduled))
    await office.session_hosts.remove(things.TENANT_ID, "h2")
    planned = await run(IdleHost())
    assert [(step.action.value, step.reason.value) for step in planned.steps] == [("build", "hostsMissing")]
    made = [each.value async for each in office.session_hosts.each(things.TENANT_ID, spot_group_id=GROUP_ID)]
    (new,) = [host for host in made if host.id != "h1"]
    assert (new.image_version, new.image.gallery_version_id) == ("1.0.0", image_version().gallery_version_id)


async def test_a_deleted_group_leaves_no_release_that_waits(office: PaperServices) -> None:
    group = (await office.spot_groups.get(things.TENANT_ID, GROUP_ID)).value
    await end_release(office, group)
    await end_release(office, group)
    found, operation = await kept(office)
    assert (found.status, operation.status) == (ReleaseStatus.CANCELED, OperationStatus.SUCCEEDED)
    assert operation.result == {"spotGroupId": GROUP_ID, "releaseId": "r1", "outcome": "canceled"}


async def test_a_release_is_over_when_no_host_has_the_version_before(office: PaperServices) -> None:
    for number in (1, 2):
        await office.session_hosts.remove(things.TENANT_ID, f"h{number}")
        await office.session_hosts.insert(session_host(number, image_version="2.0.0"))
    await run(IdleHost())
    found, operation = await kept(office)
    assert (found.status, operation.status) == (ReleaseStatus.SUCCEEDED, OperationStatus.SUCCEEDED)
    assert operation.result == {"spotGroupId": GROUP_ID, "releaseId": "r1", "outcome": "succeeded"}


async def test_dedicated_hosts_are_not_touched_by_a_release(office: PaperServices) -> None:
    dedicated = {"license_type": "personalDedicated", "quantity": 2}
    await office.spot_groups.change(things.TENANT_ID, GROUP_ID, lambda there: there.but(**dedicated))
    assert "build" not in {step.action.value for step in (await run(IdleHost())).steps}
    assert (await kept(office))[0].status is ReleaseStatus.SUCCEEDED


async def test_going_back_is_a_release_of_the_version_before(office: PaperServices) -> None:
    for number in (3, 4):
        await office.session_hosts.insert(session_host(number, image_version="2.0.0"))
    back = {"image": ImageOfGroup(image_set_id="set", image_version="1.0.0")}
    await office.releases.change(things.TENANT_ID, "r1", lambda there: there.but(**back))
    await office.spot_groups.change(things.TENANT_ID, GROUP_ID, lambda there: there.but(image_version="1.0.0"))
    works = Desk(sessions={"ada@contoso.example": "Active"})
    on_paper(office, h1=Desk(), h2=off(), h3=works, h4=off())
    planned = await run(IdleHost())
    assert ("remove", "h4") in steps(planned)
    assert ("drain", "h3") in steps(planned)
