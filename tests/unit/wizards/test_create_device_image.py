"""Create Device Image: its fields, and the errors of a form."""

from typing import Any

import pytest

from shared.domain.images.image import DeviceImageStatus, ImageSource, OwnImage, gallery_image
from shared.domain.wizards.create_device_image import DeviceImageSourceStep, ImageFacts, review_device_image
from tests.unit.wizards import office

FACTS = ImageFacts(
    sites=(office.SITE,),
    images=(office.image(),),
    gallery_images=(office.OFFERED,),
    own_images=(office.READY_VERSION, office.READY_VERSION.but(id="/not/ready", ready=False)),
)


def form(**steps: Any) -> dict[str, Any]:
    return {
        "name": {"displayName": "Desktop"},
        "site": {"siteId": "weu"},
        "version": {"version": "1.0.1"},
        "source": {"galleryImageId": office.GALLERY_ID},
        **steps,
    }


def test_a_version_that_is_not_in_the_region_of_the_site_is_refused() -> None:
    away = office.READY_VERSION.but(id="/away", regions=("brazilsouth",))
    facts = FACTS.but(own_images=(away,))
    _, reading = review_device_image(form(source={"galleryVersionId": "/AWAY"}), facts)
    assert [(p.pointer, "brazilsouth" in p.message) for p in reading.problems] == [("/source/galleryVersionId", True)]


@pytest.mark.parametrize("right", [form(), form(source={"galleryVersionId": office.VERSION_ID.upper()})])
def test_a_right_form_is_valid_and_says_what_would_be_built(right: dict[str, Any]) -> None:
    review, reading = review_device_image(right, FACTS)
    assert (review.valid, reading.problems) == (True, ())
    assert review.would_happen is not None
    assert review.would_happen.details["regions"] == ["westeurope"]


@pytest.mark.parametrize(
    ("wrong", "step", "pointer", "words"),
    [
        (form(name={}), "name", "/name/displayName", "required"),
        (form(name={"displayName": "a|b"}), "name", "/name/displayName", "|"),
        (form(site={"siteId": "nowhere"}), "site", "/site/siteId", "no such site"),
        (form(version={"version": "1.0"}), "version", "/version/version", "major.minor.patch"),
        (form(version={"version": "01.0.0"}), "version", "/version/version", "major.minor.patch"),
        (form(version={"version": "1.0.0"}), "version", "/version/version", "already"),
        (form(source={}), "source", "/source/galleryImageId", "choose a marketplace image"),
        (
            form(source={"galleryImageId": "x", "galleryVersionId": "y"}),
            "source",
            "/source/galleryVersionId",
            "one only",
        ),
        (form(source={"galleryImageId": "x"}), "source", "/source/galleryImageId", "no such image"),
        (form(source={"galleryVersionId": "/x"}), "source", "/source/galleryVersionId", "no such"),
        (form(source={"galleryVersionId": "/not/ready"}), "source", "/source/galleryVersionId", "ready"),
    ],
)
def test_a_wrong_field_is_named_with_its_step_and_reason(
    wrong: dict[str, Any], step: str, pointer: str, words: str
) -> None:
    review, _ = review_device_image(wrong, FACTS)
    assert list(office.errors(review)) == [step]
    assert words in office.errors(review)[step][pointer]


def test_a_version_that_no_cloud_pc_starts_from_is_refused_with_its_reason() -> None:
    old = office.READY_VERSION.but(id="/gen/1", fault="it is generation 1, and a Cloud PC needs generation 2")
    facts = FACTS.but(own_images=(office.READY_VERSION, old))
    _, reading = review_device_image(form(source={"galleryVersionId": "/gen/1"}), facts)
    assert [(p.pointer, "generation 1" in p.message) for p in reading.problems] == [("/source/galleryVersionId", True)]


MANAGED = office.READY_VERSION.but(
    id="/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/Uploaded", display_name="Uploaded"
)


@pytest.mark.parametrize(
    ("image", "field", "why"),
    [
        (MANAGED, "managedImageId", None),
        (MANAGED.but(fault="it is generation 1, and a Cloud PC needs generation 2"), "managedImageId", "generation 1"),
        (MANAGED.but(ready=False), "managedImageId", "not ready"),
        (MANAGED.but(regions=("brazilsouth",)), "managedImageId", "brazilsouth"),
        (MANAGED, "galleryVersionId", "no such gallery version"),
        (office.READY_VERSION, "managedImageId", "no such managed image"),
    ],
)
def test_a_managed_image_is_judged_as_a_version_is(image: OwnImage, field: str, why: str | None) -> None:
    facts = FACTS.but(own_images=(image,))
    _, reading = review_device_image(form(source={field: image.id.upper() if why is None else image.id}), facts)
    assert [(p.pointer, str(why) in p.message) for p in reading.problems] == (
        [(f"/source/{field}", True)] if why else []
    )
    if why is None:
        chosen = facts.source(DeviceImageSourceStep(managed_image_id=image.id))
        assert chosen == ImageSource(managed_image_id=image.id)


def test_the_name_of_an_image_may_come_again_with_another_version() -> None:
    review, _ = review_device_image(form(name={"displayName": "DESKTOP"}, version={"version": "2.0.0"}), FACTS)
    assert review.valid


def test_twenty_images_are_enough_but_failed_ones_do_not_count() -> None:
    many = tuple(office.image(f"i{n}", version=f"2.0.{n}") for n in range(20))
    full, _ = review_device_image(form(), FACTS.but(images=many))
    failed = (many[0].but(status=DeviceImageStatus.FAILED), *many[1:])
    room, _ = review_device_image(form(), FACTS.but(images=failed))
    assert (full.valid, room.valid) == (False, True)


def test_the_source_is_what_was_offered() -> None:
    source = FACTS.source(DeviceImageSourceStep(gallery_image_id=office.GALLERY_ID))
    assert source is not None
    assert source.marketplace == office.OFFERED.image


@pytest.mark.parametrize(
    ("offer", "sku", "fits"),
    [
        ("windows-ent-cpc", "win11-24h2-ent-cpc-m365", True),
        ("windows-11", "win11-24h2-ent", True),
        ("Windows-10", "win10-22h2-ent-g2", True),
        ("windows-ent-cpc", "win10-21h2-ent-cpc-m365-g2", True),
        ("windows-11", "win11-24h2-avd", False),
        ("windows-11", "win11-24h2-pro", False),
        ("windows-11", "win11-24h2-entn", False),
        ("office-365", "win11-24h2-ent", False),
        ("windows-10", "win10-22h2-ent-ltsc", False),
    ],
)
def test_only_single_session_enterprise_fits(offer: str, sku: str, fits: bool) -> None:  # noqa: FBT001 - a table
    assert (gallery_image(offer, sku) is not None) is fits
