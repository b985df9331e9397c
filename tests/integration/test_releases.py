"""Releases that take each other's place, are tried again, or bring back what a cancelled one has left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.operations.operation import Actor
from shared.domain.policies.policy import Assignment
from shared.domain.spot.groups.target import Method
from shared.domain.spot.hosts.release import ReleaseEvent, ReleaseStatus, SpotRelease
from shared.domain.spot.images.image_set import HostPoolType, ImageSet
from shared.errors import InvalidError, MismatchError
from shared.services.operations.action_context import ActionContext
from shared.services.spot.facts import spot_group_facts
from shared.services.spot.releases import begin_release, cancel_release, change_release
from tests.integration import things
from tests.integration.desks import GROUP_ID, Desk, image_version, on_paper, session_host, spot_group
from tests.integration.scenes import WINDOW
from tests.integration.services import IdleHost, PaperServices

ADA = Actor(id="ada", name="Ada")


@pytest.fixture
async def office(contoso: PaperServices) -> PaperServices:
    """Contoso with a Spot Group of two hosts of version 1.0.0; there are 2.0.0 and 3.0.0 too."""
    await contoso.spot_groups.insert(spot_group(quantity=20))
    await contoso.image_sets.insert(
        ImageSet(
            id="set",
            tenant_id=things.TENANT_ID,
            display_name="Office",
            host_pool_type=HostPoolType.POOLED,
            home_site_id="west",
            source=things.SOURCE,
            source_name="Windows",
            created_date_time=things.NOW,
            last_modified_date_time=things.NOW,
        )
    )
    for number in ("1.0.0", "2.0.0", "3.0.0"):
        await contoso.image_versions.insert(image_version(number))
    for n in (1, 2):
        await contoso.session_hosts.insert(session_host(n))
    on_paper(contoso, h1=Desk(), h2=Desk())
    return contoso


def by(office: PaperServices, trace: str) -> ActionContext:
    verb = "Microsoft.CloudPC/spotGroups/release"
    return ActionContext(office, ADA, things.tenant(), verb=verb, trace_id=trace, now=office.hand.at, seed=(trace,))


async def release(office: PaperServices, version: str, **method: Any) -> SpotRelease:
    """Begin a release of a version, an immediate one unless *method* says otherwise; return it."""
    context = by(office, f"to {version} at {office.hand.at}")
    form: dict[str, Any] = {
        "group": {"spotGroupId": GROUP_ID},
        "image": {"imageSetId": "set", "imageVersion": version},
        "method": method or {"method": "immediate"},
    }
    facts = await spot_group_facts(context, form, with_forecast=False)
    await begin_release(context, IdleHost(), form, facts, lambda _: None)
    return await opened(office)


IN_WINDOW = {"method": "scheduled", "duringMaintenanceWindow": True}


async def windowed(office: PaperServices, **changes: Any) -> None:
    """Assign a window to the groups of the Spot Group: on nights before Monday to Friday, 22:00 to 04:00."""
    group = (await office.spot_groups.get(things.TENANT_ID, GROUP_ID)).value
    assigned = tuple(
        Assignment(id=f"a{n}", group_id=each, assigned_at=things.NOW) for n, each in enumerate(group.group_ids)
    )
    await office.maintenance_windows.insert(WINDOW.but(assignments=assigned, **changes))


async def test_a_release_in_a_window_moves_users_when_the_next_one_opens(office: PaperServices) -> None:
    await windowed(office)
    begun = await release(office, "2.0.0", **IN_WINDOW)
    assert begun.method is Method.SCHEDULED
    assert begun.at == datetime(2026, 11, 23, 21, tzinfo=UTC)  # Monday, 22:00 in Amsterdam
    later = await release(office, "3.0.0", **IN_WINDOW, at="2026-11-25T01:30:00Z")
    assert later.at == datetime(2026, 11, 25, 1, 30, tzinfo=UTC)
    office.hand.advance(timedelta(minutes=1))
    late = await release(office, "2.0.0", **IN_WINDOW, at="2026-11-25T02:40:00Z")  # it would end after four
    assert late.at == datetime(2026, 11, 25, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (IN_WINDOW, "no maintenance window is assigned"),
        ({**IN_WINDOW, "method": "immediate"}, "only a scheduled release waits"),
        ({**IN_WINDOW, "signOffAfterInMinutes": 400}, "is never open for as long"),
    ],
)
async def test_a_release_that_fits_into_no_window_does_not_begin(
    office: PaperServices, method: dict[str, Any], words: str
) -> None:
    if "signOffAfterInMinutes" in method:
        await windowed(office)
    before = await office.spot_groups.get(things.TENANT_ID, GROUP_ID)
    with pytest.raises(InvalidError) as refused:
        await release(office, "2.0.0", **method)
    assert words in str(refused.value.problems)
    assert await office.spot_groups.get(things.TENANT_ID, GROUP_ID) == before


async def test_a_release_of_a_group_that_has_changed_is_not_begun(office: PaperServices) -> None:
    context = by(office, "stale")
    form = {
        "group": {"spotGroupId": GROUP_ID},
        "image": {"imageSetId": "set", "imageVersion": "2.0.0"},
        "method": {"method": "immediate"},
    }
    facts = await spot_group_facts(context, form, with_forecast=False)
    before = await office.spot_groups.get(things.TENANT_ID, GROUP_ID)
    seen: list[str] = []

    def changed(etag: str) -> None:
        seen.append(etag)
        raise MismatchError("it has changed")

    with pytest.raises(MismatchError):
        await begin_release(context, IdleHost(), form, facts, changed)
    assert seen == [before.etag]
    assert await office.spot_groups.get(things.TENANT_ID, GROUP_ID) == before


async def opened(office: PaperServices) -> SpotRelease:
    group = (await office.spot_groups.get(things.TENANT_ID, GROUP_ID)).value
    return (await office.releases.get(things.TENANT_ID, group.release_id or "")).value


async def cancel(office: PaperServices) -> SpotRelease:
    stored = await office.spot_groups.get(things.TENANT_ID, GROUP_ID)
    return await cancel_release(by(office, "cancel"), IdleHost(), stored)


async def test_cancelling_a_release_that_has_superseded_another_goes_back_before_both(office: PaperServices) -> None:
    first = await release(office, "2.0.0")
    second = await release(office, "3.0.0")
    assert second.before.image_version == "1.0.0"
    assert (await office.releases.get(things.TENANT_ID, first.id)).value.status is ReleaseStatus.SUPERSEDED
    assert (await cancel(office)).status is ReleaseStatus.CANCELED
    assert (await office.spot_groups.get(things.TENANT_ID, GROUP_ID)).value.image_version == "1.0.0"


async def test_the_groups_own_version_is_released_only_where_hosts_of_another_are_left(office: PaperServices) -> None:
    with pytest.raises(InvalidError, match="all its hosts have this version"):
        await release(office, "1.0.0")
    await release(office, "2.0.0")
    await cancel(office)
    await office.session_hosts.insert(session_host(3, image_version="2.0.0"))
    again = await release(office, "1.0.0")
    assert (again.status, again.image.image_version) == (ReleaseStatus.RUNNING, "1.0.0")


async def test_a_failed_release_that_is_resumed_removes_what_did_not_work_and_nothing_else(
    office: PaperServices,
) -> None:
    failed = await release(office, "2.0.0")
    await office.session_hosts.insert(session_host(3, image_version="2.0.0", proven=False))
    await office.session_hosts.insert(session_host(4, image_version="2.0.0"))
    await office.session_hosts.insert(session_host(5, image_version="2.0.0", proven=False, excluded=True))
    stopped = failed.after(ReleaseEvent.STOPPED, at=office.hand.at, cause="h3")
    await office.releases.change(things.TENANT_ID, failed.id, lambda _: stopped)
    group = (await office.spot_groups.get(things.TENANT_ID, GROUP_ID)).value
    for trace in ("once", "twice"):
        resumed = await change_release(by(office, trace), IdleHost(), group, ReleaseEvent.RESUMED)
        assert resumed.status is ReleaseStatus.RUNNING
    hosts = [each.value async for each in office.session_hosts.each(things.TENANT_ID, spot_group_id=GROUP_ID)]
    assert [host.id for host in hosts if host.work is not None] == ["h3"]
