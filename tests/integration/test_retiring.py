"""Versions beyond those to keep are deleted by the schedule of their set."""

from __future__ import annotations

from datetime import timedelta

from shared.domain.images.image import ImageSource
from shared.domain.spot.images.image_version import VersionStatus, first_version
from shared.domain.tenants.tenant import Paused
from shared.services.operations.sweeps import sweep_due
from shared.services.spot.image_schedules import image_set_due
from shared.storage.due import DueKind
from tests.integration import desks, image_things, things
from tests.integration.services import IdleHost, PaperServices

PAUSED = Paused(by="Ada", at=things.NOW)
SET = image_things.image_set(recipe=image_things.RECIPE.but(keep_versions=1))


async def with_versions(here: PaperServices, *numbers: str) -> None:
    await here.image_sets.insert(SET)
    await here.image_versions.insert(first_version(SET))
    for number in numbers:
        made = image_things.version(
            id=f"v{number}",
            version=number,
            status=VersionStatus.AVAILABLE,
            gallery_version_id=f"/galleries/g/images/i/versions/{number}",
        )
        await here.image_versions.insert(made)


async def looked_at(here: PaperServices) -> dict[str, VersionStatus]:
    await here.due.put(DueKind.IMAGE_SET, things.NOW, things.TENANT_ID, SET.id)
    await sweep_due(IdleHost(), {DueKind.IMAGE_SET: image_set_due})
    return {each.value.version: each.value.status async for each in here.image_versions.each(things.TENANT_ID)}


async def test_older_versions_go_and_the_set_is_looked_at_again_tomorrow(contoso: PaperServices) -> None:
    await with_versions(contoso, "0.0.1", "0.0.2", "0.0.3")
    statuses = await looked_at(contoso)
    assert statuses == {
        "0.0.0": VersionStatus.AVAILABLE,
        "0.0.1": VersionStatus.DELETING,
        "0.0.2": VersionStatus.DELETING,
        "0.0.3": VersionStatus.AVAILABLE,
    }
    tomorrow = things.NOW + timedelta(days=1)
    assert [each.subject_id for each in await contoso.due.due(DueKind.IMAGE_SET, tomorrow)] == [SET.id]


async def test_the_versions_of_groups_hosts_and_other_sets_stay(contoso: PaperServices) -> None:
    await with_versions(contoso, "0.0.1", "0.0.2", "0.0.3", "0.0.4", "0.0.5")
    await contoso.spot_groups.insert(desks.spot_group(image_set_id=SET.id, image_version="0.0.1"))
    await contoso.session_hosts.insert(desks.session_host(1, image_set_id=SET.id, image_version="0.0.2"))
    other = ImageSource(gallery_version_id="/galleries/g/images/i/versions/0.0.3")
    await contoso.image_sets.insert(image_things.image_set(id="5e700001", display_name="Other", source=other))
    statuses = await looked_at(contoso)
    assert {number for number, status in statuses.items() if status is VersionStatus.DELETING} == {"0.0.4"}


async def test_while_the_tenant_is_paused_nothing_is_deleted(contoso: PaperServices) -> None:
    await with_versions(contoso, "0.0.1", "0.0.2")
    await contoso.tenants.change(things.TENANT_ID, lambda tenant: tenant.but(paused=PAUSED))
    assert VersionStatus.DELETING not in (await looked_at(contoso)).values()
