"""Errors in the form of an image set, or of a version, are named at their fields."""

from typing import Any

import pytest
from pydantic import ValidationError

from shared.domain.images.image import (
    GalleryImage,
    ImageSource,
    MarketplaceImage,
    OwnImage,
    session_host_image,
)
from shared.domain.spot.images.image_set import HostPoolType, ImageSet, Recipe, RecipeStep
from shared.domain.spot.images.image_version import ImageVersion, VersionStatus, first_version
from shared.domain.wizards.create_image_set import ImageSetFacts, review_image_set
from shared.domain.wizards.create_image_version import VersionFacts, review_image_version
from tests.unit.wizards import office

PUBLISHER = "MicrosoftWindowsDesktop"


def offered(offer: str, sku: str) -> GalleryImage:
    return GalleryImage(image=MarketplaceImage(publisher=PUBLISHER, offer=offer, sku=sku), display_name=sku)


MULTI, SINGLE = offered("office-365", "win11-24h2-avd-m365"), offered("windows-11", "win11-24h2-ent")
OWN = OwnImage(id="/own/versions/1.0.0", display_name="Own 1.0.0")
LINUX = OwnImage(id="/linux/versions/1.0.0", display_name="Linux 1.0.0", fault="it is Linux")
TEACHERS = ImageSet(
    id="5e700000",
    tenant_id="acme",
    display_name="Teachers",
    host_pool_type=HostPoolType.POOLED,
    home_site_id=office.SITE.id,
    source=ImageSource(marketplace=MULTI.image),
    source_name="Windows 11",
    created_date_time=office.NOW,
    last_modified_date_time=office.NOW,
)
FACTS = ImageSetFacts(
    sites=(office.SITE,),
    image_sets=(TEACHERS,),
    pooled_images=(MULTI,),
    personal_images=(SINGLE,),
    own_images=(OWN, LINUX),
)
GOOD: dict[str, Any] = {
    "site": {"siteId": office.SITE.id},
    "source": {"hostPoolType": "pooled", "galleryImageId": MULTI.id},
    "detail": {"displayName": "Pupils"},
}


def problems(form: dict[str, Any], facts: ImageSetFacts = FACTS) -> list[str]:
    return [problem.pointer for problem in review_image_set(form, facts)[1].problems]


def test_a_form_in_which_nothing_is_wrong_says_what_would_happen() -> None:
    review, reading = review_image_set(GOOD, FACTS)
    assert (review.valid, reading.problems) == (True, ())
    assert review.would_happen
    assert "0.0.0 exists at once" in review.would_happen.summary


@pytest.mark.parametrize(
    ("step", "value", "pointer"),
    [
        ("site", {}, "/site/siteId"),
        ("site", {"siteId": office.SITE.id, "isGlobal": True}, "/site/siteId"),
        ("site", {"siteId": "nowhere"}, "/site/siteId"),
        ("source", {"hostPoolType": "pooled"}, "/source/galleryImageId"),
        ("source", {"hostPoolType": "other", "galleryImageId": MULTI.id}, "/source/hostPoolType"),
        ("source", {"hostPoolType": "pooled", "galleryImageId": SINGLE.id}, "/source/galleryImageId"),
        ("source", {"hostPoolType": "personal", "galleryImageId": MULTI.id}, "/source/galleryImageId"),
        ("source", {"hostPoolType": "pooled", "galleryVersionId": LINUX.id}, "/source/galleryVersionId"),
        ("source", {"hostPoolType": "pooled", "galleryVersionId": "/none"}, "/source/galleryVersionId"),
        ("detail", {"displayName": "teachers"}, "/detail/displayName"),
        ("detail", {"displayName": "a|b"}, "/detail/displayName"),
        ("recipe", {"schedule": {"dayOfMonth": 4}}, "/recipe/steps"),
        ("recipe", {"schedule": {"dayOfMonth": 31}}, "/recipe/schedule/dayOfMonth"),
        ("recipe", {"steps": [{"name": "x"}]}, "/recipe/steps/0/script"),
        ("recipe", {"steps": [{"name": "x", "script": "y", "packageId": "z"}]}, "/recipe/steps/0/script"),
        ("recipe", {"steps": [{"name": "x", "packageId": "z; rm"}]}, "/recipe/steps/0/packageId"),
        ("recipe", {"steps": [{"name": str(n), "script": "x" * 20_000} for n in range(4)]}, "/recipe/steps"),
        ("notes", {"notes": ""}, "/notes/notes"),
    ],
)
def test_what_is_wrong_is_named(step: str, value: Any, pointer: str) -> None:
    assert problems({**GOOD, step: value}) == [pointer]


@pytest.mark.parametrize("site", [{"siteId": office.SITE.id}, {"isGlobal": True}])
def test_a_version_has_to_be_where_machines_are_made(site: Any) -> None:
    away = OWN.but(id="/away", regions=("brazilsouth",))
    form = {**GOOD, "site": site, "source": {"hostPoolType": "pooled", "galleryVersionId": "/away"}}
    assert problems(form, FACTS.but(own_images=(away,))) == ["/source/galleryVersionId"]
    here = away.but(regions=(office.SITE.region,))
    assert problems(form, FACTS.but(own_images=(here,))) == []


MANAGED = OwnImage(
    id="/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/Uploaded",
    display_name="Uploaded",
    regions=(office.SITE.region,),
)


@pytest.mark.parametrize(
    ("image", "wrong"), [(MANAGED, []), (MANAGED.but(fault="it is generation 1"), ["/source/managedImageId"])]
)
def test_a_set_of_a_managed_image_builds_its_first_version(image: OwnImage, wrong: list[str]) -> None:
    form = {**GOOD, "source": {"hostPoolType": "pooled", "managedImageId": image.id}}
    review, reading = review_image_set(form, FACTS.but(own_images=(OWN, image)))
    assert [problem.pointer for problem in reading.problems] == wrong
    summary = review.would_happen.summary if review.would_happen else ""
    assert ("0.0.0 is built" in summary) is (not wrong)


def test_a_version_of_a_set_has_to_start_from_what_is_where_its_machine_is_made() -> None:
    away = MANAGED.but(regions=("brazilsouth",))
    form = {"set": {"imageSetId": TEACHERS.id}, "source": {"managedImageId": MANAGED.id}}
    for image, wrong in ((away, ["/source/managedImageId"]), (MANAGED, [])):
        facts = VersionFacts(sets=FACTS.but(own_images=(image,)), versions=())
        assert [each.pointer for each in review_image_version(form, facts)[1].problems] == wrong


def test_without_a_site_there_is_nothing_to_make_a_set_in() -> None:
    assert problems({**GOOD, "site": {"isGlobal": True}}, FACTS.but(sites=())) == ["/site"]


@pytest.mark.parametrize(
    ("offer", "sku", "fits"),
    [
        ("office-365", "win11-24h2-avd-m365", ["pooled"]),
        ("windows-11", "win11-24h2-avd", ["pooled"]),
        ("windows-11", "win11-24h2-ent", ["personal"]),
        ("windows-10", "win10-22h2-ent-g2", ["personal"]),
        ("windows-11", "win11-24h2-pro", []),
        ("windows-ent-cpc", "win11-24h2-ent-cpc", []),
    ],
)
def test_pooled_hosts_have_multi_session_windows_and_personal_ones_do_not(
    offer: str, sku: str, fits: list[str]
) -> None:
    pooled = HostPoolType.POOLED
    assert [of.value for of in HostPoolType if session_host_image(offer, sku, pooled=of is pooled)] == fits


def made(number: str, status: VersionStatus = VersionStatus.AVAILABLE) -> ImageVersion:
    return first_version(TEACHERS).but(id=number, version=number, status=status, gallery_version_id=f"/{number}")


VERSIONS = VersionFacts(
    sets=FACTS, versions=(first_version(TEACHERS), made("0.0.1"), made("0.0.9", VersionStatus.FAILED))
)


def version_problems(facts: VersionFacts = VERSIONS, **steps: Any) -> list[str]:
    form = {"set": {"imageSetId": TEACHERS.id}, **steps}
    return [problem.pointer for problem in review_image_version(form, facts)[1].problems]


def test_the_next_patch_number_is_offered_and_any_higher_one_is_accepted() -> None:
    assert VERSIONS.next(TEACHERS.id) == "0.0.10"
    assert version_problems() == version_problems(version={"version": "2.0.0"}) == []


@pytest.mark.parametrize(
    ("steps", "pointer"),
    [
        ({"set": {"imageSetId": "none"}}, "/set/imageSetId"),
        ({"version": {"version": "0.0.1"}}, "/version/version"),
        ({"version": {"version": "0.0.2"}}, "/version/version"),
        ({"version": {"version": "1.0"}}, "/version/version"),
        ({"source": {"sourceVersion": "0.0.9"}}, "/source/sourceVersion"),
        ({"source": {"sourceVersion": "0.0.1", "galleryImageId": MULTI.id}}, "/source/sourceVersion"),
        ({"source": {"galleryImageId": SINGLE.id}}, "/source/galleryImageId"),
        ({"customization": {"byRecipe": True}}, "/customization/byRecipe"),
    ],
)
def test_what_is_wrong_with_a_version_is_named(steps: dict[str, Any], pointer: str) -> None:
    assert version_problems(**steps) == [pointer]


def test_a_version_is_made_from_the_source_of_its_set_or_from_an_earlier_one() -> None:
    assert VERSIONS.source(TEACHERS, step()) is not None
    earlier = VERSIONS.source(TEACHERS, step(sourceVersion="0.0.1"))
    assert earlier
    assert earlier.source.gallery_version_id == "/0.0.1"


def step(**given: str) -> Any:
    form = {"set": {"imageSetId": TEACHERS.id}, "source": given}
    return review_image_version(form, VERSIONS)[1].values["source"]


def test_a_recipe_is_offered_where_the_set_has_one() -> None:
    with_recipe = TEACHERS.but(recipe=Recipe(steps=(RecipeStep(name="x", script="y"),)))
    facts = VERSIONS.but(sets=FACTS.but(image_sets=(with_recipe,)))
    assert version_problems(facts, customization={"byRecipe": True}) == []


@pytest.mark.parametrize("name", ["package_id", "package_version"])
def test_what_winget_is_told_has_no_character_that_cannot_be_seen(name: str) -> None:
    fields: dict[str, Any] = {"name": "Editor", "package_id": "Contoso.Editor", "package_version": "1.2"}
    assert RecipeStep(**fields)
    with pytest.raises(ValidationError):
        RecipeStep(**{**fields, name: f"{fields[name]}\u200c"})
    with pytest.raises(ValidationError):
        RecipeStep(**{**fields, "name": "Editor\u200c"})
