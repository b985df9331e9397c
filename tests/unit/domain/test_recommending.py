"""The marketplace images that are recommended for session hosts."""

from datetime import date

import pytest
from azure_simulator.compute.images.marketplace_catalogue import IMAGES

from shared.domain.images.image import PUBLISHER, SESSION_HOST_OFFERS, GalleryImage, recommended, session_host_image

SPOT_PC = (
    "office-365-win10-21h2-avd-m365",
    "office-365-win11-21h2-avd-m365",
    "windows-10-win10-21h2-avd",
    "windows-10-win10-21h2-ent",
)
TODAY = date(2026, 11, 24)


def images(*names: str, pooled: bool = True) -> list[GalleryImage]:
    found = [session_host_image(*name.split("/"), pooled=pooled) for name in names]
    return [each for each in found if each is not None]


def chosen(offered: list[GalleryImage], *names: str, pooled: bool = True, today: date = TODAY) -> set[str]:
    ids = recommended(offered, names, pooled=pooled, today=today)
    return {each.image.sku for each in offered if each.id in ids}


def test_pooled_hosts_get_the_newest_multi_session_windows_with_microsoft_365_apps() -> None:
    offered = images("windows-11/win11-26h2-avd", "office-365/win11-24h2-avd-m365", "office-365/win11-25h2-avd-m365")
    assert chosen(offered) == {"win11-25h2-avd-m365"}


def test_without_microsoft_365_apps_in_the_list_the_newest_is_recommended() -> None:
    assert chosen(images("windows-11/win11-24h2-avd", "windows-11/win11-25h2-avd")) == {"win11-25h2-avd"}


def test_personal_hosts_get_the_newest_single_session_windows() -> None:
    offered = images("windows-10/win10-22h2-ent-g2", "windows-11/win11-24h2-ent", pooled=False)
    assert chosen(offered, pooled=False) == {"win11-24h2-ent"}


@pytest.mark.parametrize(("sku", "count"), [("22h2-avd", 0), ("23h2-avd", 0), ("24h2-avd", 1)])
def test_what_microsoft_no_longer_services_is_not_recommended(sku: str, count: int) -> None:
    assert len(chosen(images(f"windows-11/win11-{sku}"))) == count
    assert chosen(images("windows-10/win10-22h2-avd-g2")) == set()


def test_windows_10_was_recommended_until_its_end() -> None:
    assert chosen(images("windows-10/win10-22h2-avd"), today=date(2025, 10, 14)) == {"win10-22h2-avd"}


def test_named_images_count_in_either_generation() -> None:
    offered = images("windows-10/win10-21h2-ent-g2", "windows-11/win11-25h2-ent", pooled=False)
    assert chosen(offered, *SPOT_PC, pooled=False) == {"win10-21h2-ent-g2"}


def test_names_that_no_marketplace_offers_leave_the_choice_to_the_rule() -> None:
    offered = [
        found
        for offer in SESSION_HOST_OFFERS
        for sku in IMAGES[PUBLISHER][offer]
        if (found := session_host_image(offer, sku, pooled=True))
    ]
    assert chosen(offered, *SPOT_PC) == chosen(offered) == {"win11-25h2-avd-m365"}
