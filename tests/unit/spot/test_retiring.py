"""The versions of an image set that are retired, and what one costs."""

from typing import Any

from shared.domain.images.image import ImageSource
from shared.domain.spot.images.image_version import ImageVersion, VersionStatus, cost_of, retired
from tests.integration import image_things


def gallery(number: str) -> str:
    return f"/galleries/g/images/i/versions/{number}"


def made(number: str, **changes: Any) -> ImageVersion:
    value = image_things.version(
        id=f"v{number}",
        version=number,
        status=VersionStatus.AVAILABLE,
        gallery_version_id=gallery(number),
        regions=("westeurope", "northeurope"),
    )
    return value.but(**changes)


FIRST = made("0.0.0", gallery_version_id=None)
ALL = [FIRST, *(made(f"0.0.{n}") for n in range(1, 5)), made("0.0.10")]


def goes(keep: int | None, versions: list[ImageVersion] = ALL, *, used: tuple[str, ...] = (), **more: Any) -> list[str]:
    return [each.version for each in retired(versions, keep, used, more.get("sources", ()))]


def test_without_a_number_all_stay() -> None:
    assert goes(None) == []


def test_the_newest_stay_by_their_numbers_and_the_source_of_the_set() -> None:
    assert goes(2) == ["0.0.1", "0.0.2", "0.0.3"]
    assert goes(5) == []


def test_what_groups_hosts_and_releases_use_stays() -> None:
    assert goes(2, used=("0.0.1", "0.0.3")) == ["0.0.2"]


def test_the_source_of_another_set_or_of_a_device_image_stays() -> None:
    assert goes(2, sources=[gallery("0.0.2").upper()]) == ["0.0.1", "0.0.3"]


def test_what_a_version_is_being_made_from_stays() -> None:
    source = ImageSource(gallery_version_id=gallery("0.0.1"))
    template = made("0.1.0", status=VersionStatus.CUSTOMIZING, gallery_version_id=None, source=source)
    assert goes(2, [*ALL, template]) == ["0.0.2", "0.0.3"]
    assert goes(2, [*ALL, template.but(status=VersionStatus.FAILED)]) == ["0.0.1", "0.0.2", "0.0.3"]


def test_only_available_versions_count_and_go() -> None:
    broken = [made("0.0.11", status=VersionStatus.FAILED), made("0.0.12", status=VersionStatus.SEALING)]
    assert goes(5, [*ALL, *broken]) == []


def test_a_version_costs_a_copy_for_each_replica_in_each_region() -> None:
    cost = cost_of(made("0.0.1"), 3)
    assert (cost.copies, cost.gigabytes, cost.dollars_a_month) == (6, 762, 38.1)
    assert cost_of(FIRST, 3).copies == 0
