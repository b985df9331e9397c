"""Create Provisioning Policy: what it asks, what is wrong, what is unwise, what would happen."""

from typing import Any

import pytest

from shared.domain.images.image import DeviceImageStatus
from shared.domain.networks.connection import HealthStatus
from shared.domain.wizards.create_provisioning_policy import PolicyFacts, review_policy
from shared.domain.wizards.forecast import Usage
from shared.errors import InvalidError
from tests.unit.wizards import office
from triggers.http.bodies.connections import Reachable
from triggers.http.bodies.policies import policy_form

FACTS = PolicyFacts(
    sites=(office.SITE,),
    connections=(office.connection(),),
    images=(
        office.image(),
        office.image("building", DeviceImageStatus.PENDING, operation_id="o-building"),
        office.image("far", regions=("eastus",)),
    ),
    policies=(office.policy("old", "other", name="Taken"),),
    gallery_images=(office.OFFERED,),
    groups=(office.group("staff"), office.group("mail", security_enabled=False, mail_enabled=True)),
    entitlements=(office.member("ada", "staff", plans=(office.plan(), office.plan("CPC_E_4C_16GB_256GB"))),),
)


def form(**steps: Any) -> dict[str, Any]:
    return {
        "connection": {"connectionIds": ["c1"]},
        "image": {"imageType": "custom", "imageId": "i1"},
        "configuration": {"locale": "de-DE", "namingTemplate": "PC-%RAND:6%"},
        "groups": {"groupIds": ["staff"]},
        "detail": {"displayName": "Office"},
        **steps,
    }


@pytest.mark.parametrize(
    "right",
    [form(), {k: v for k, v in form().items() if k != "configuration"},
     form(image={"imageType": "gallery", "imageId": office.GALLERY_ID}),
     form(detail={"displayName": "Ä", "description": "x" * 1500})],
)  # fmt: skip
def test_a_right_form_is_valid(right: dict[str, Any]) -> None:
    review, reading = review_policy(right, FACTS)
    assert (review.valid, reading.problems, review.warnings) == (True, (), ())


def test_connections_that_join_in_different_ways_are_warned_of() -> None:
    facts = FACTS.but(connections=(office.connection(), office.hybrid_connection("c2", "corp\\join")))
    review, _ = review_policy(form(connection={"connectionIds": ["c1", "c2"]}), facts)
    (warning,) = review.warnings
    assert (review.valid, warning.concern.value, warning.step) == (True, "mixedJoinTypes", "connection")
    assert set(warning.details or ()) == {"azureADJoin", "hybridAzureADJoin"}
    alike, _ = review_policy(form(connection={"connectionIds": ["c2"]}), facts)
    assert alike.warnings == ()


@pytest.mark.parametrize("kind", ["shared", "sharedByUser", "sharedByEntraGroup", "reserved"])
def test_frontline_is_refused_in_the_words_of_graph_s_body(kind: str) -> None:
    review, _ = review_policy(form(configuration={"provisioningType": kind}), FACTS)
    said = office.errors(review)["configuration"]["/configuration/provisioningType"]
    with pytest.raises(InvalidError) as refused:
        policy_form({"provisioningType": kind, "domainJoinConfigurations": []}, Reachable((), ()))
    assert said in [problem.message for problem in refused.value.problems]
    assert "Frontline" in said


@pytest.mark.parametrize(
    ("wrong", "step", "pointer", "words"),
    [
        (form(connection={}), "connection", "/connection/connectionIds", "required"),
        (form(connection={"connectionIds": []}), "connection", "/connection/connectionIds", "at least one"),
        (form(connection={"connectionIds": ["c1", "c1"]}), "connection", "/connection/connectionIds/1", "twice"),
        (form(connection={"connectionIds": ["c1", "x"]}), "connection", "/connection/connectionIds/1", "no such"),
        (form(image={"imageType": "none", "imageId": "i1"}), "image", "/image/imageType", "gallery"),
        (form(image={"imageType": "custom", "imageId": "x"}), "image", "/image/imageId", "no such"),
        (form(image={"imageType": "gallery", "imageId": "i1"}), "image", "/image/imageId", "no such"),
        (form(image={"imageType": "custom", "imageId": "building"}), "image", "/image/imageId", "o-building"),
        (form(image={"imageType": "custom", "imageId": "far"}), "image", "/image/imageId", "not in westeurope"),
        (form(configuration={"locale": "xx-XX"}), "configuration", "/configuration/locale", "unknown"),
        (form(configuration={"namingTemplate": "a_b"}), "configuration", "/configuration/namingTemplate", "_"),
        (
            form(configuration={"localAdminEnabled": "yes"}),
            "configuration",
            "/configuration/localAdminEnabled",
            "true or false",
        ),
        (form(configuration={"gracePeriodInHours": 0}), "configuration", "/configuration/gracePeriodInHours", "1"),
        (form(groups={"groupIds": []}), "groups", "/groups/groupIds", "at least one"),
        (form(groups={"groupIds": ["staff", "gone"]}), "groups", "/groups/groupIds/1", "no such group"),
        (form(groups={"groupIds": ["mail"]}), "groups", "/groups/groupIds/0", "distribution"),
        (form(detail={}), "detail", "/detail/displayName", "required"),
        (form(detail={"displayName": "TAKEN"}), "detail", "/detail/displayName", "exists"),
        (form(detail={"displayName": "a^b"}), "detail", "/detail/displayName", "^"),
        (form(detail={"displayName": "a "}), "detail", "/detail/displayName", "space"),
        (form(detail={"displayName": "a", "description": "x" * 1501}), "detail", "/detail/description", "1500"),
    ],
)
def test_a_wrong_field_is_named_with_its_step_and_reason(
    wrong: dict[str, Any], step: str, pointer: str, words: str
) -> None:
    review, _ = review_policy(wrong, FACTS)
    assert list(office.errors(review)) == [step]
    assert words in office.errors(review)[step][pointer]


def test_graph_may_create_a_policy_without_groups() -> None:
    review, _ = review_policy(form(groups={"groupIds": []}), FACTS, groups_needed=False)
    assert review.valid


@pytest.mark.parametrize("kind", [{"group_types": ("Unified",), "security_enabled": False}, {"mail_enabled": True}])
def test_microsoft_365_and_mail_enabled_security_groups_may_be_assigned(kind: dict[str, Any]) -> None:
    review, _ = review_policy(form(), FACTS.but(groups=(office.group("staff", **kind),)))
    assert review.valid


def test_the_review_shows_how_many_cloud_pcs_for_which_users() -> None:
    review, _ = review_policy(form(), FACTS)
    assert review.would_happen is not None
    details = review.would_happen.details
    assert (details["cloudPcs"], details["users"]) == (2, 1)
    assert {each["userPrincipalName"] for each in details["for"]} == {"ada@acme.example"}


def test_members_without_a_licence_are_a_warning() -> None:
    facts = FACTS.but(entitlements=(office.member("bob", "staff"),))
    review, _ = review_policy(form(), facts)
    assert office.codes(review) == ["unlicensedMembers"]
    assert review.would_happen is not None
    assert review.would_happen.details["cloudPcs"] == 0


def test_members_of_another_policy_stay_with_it_and_are_a_warning() -> None:
    facts = FACTS.but(entitlements=(office.member("eve", "staff", "other", plans=(office.plan(),)),))
    review, _ = review_policy(form(), facts)
    assert office.codes(review) == ["overlap"]
    assert review.warnings[0].details is not None
    assert review.warnings[0].details["policies"] == ["Taken"]


def test_people_outside_the_chosen_groups_do_not_count() -> None:
    review, _ = review_policy(form(), FACTS.but(entitlements=(office.member("joe", "other", plans=(office.plan(),)),)))
    assert (review.warnings, review.would_happen and review.would_happen.details["cloudPcs"]) == ((), 0)


def test_an_unhealthy_connection_is_a_warning() -> None:
    facts = FACTS.but(connections=(office.connection(status=HealthStatus.FAILED),))
    review, _ = review_policy(form(), facts)
    assert (review.valid, office.codes(review)) == (True, ["unhealthyConnection"])


def usage(family: str, used: int, limit: int) -> Usage:
    return Usage(subscription_id=office.SUBSCRIPTION, region="westeurope", family=family, used=used, limit=limit)


def test_too_few_cores_in_the_region_are_a_warning() -> None:
    review, _ = review_policy(form(), FACTS.but(usages=(usage("cores", 95, 100),)))
    assert office.codes(review) == ["quotaShort"]
    assert review.warnings[0].details == {"region": "westeurope", "family": "cores", "needed": 6, "free": 5}


def test_enough_cores_are_no_warning() -> None:
    review, _ = review_policy(form(), FACTS.but(usages=(usage("cores", 94, 100), usage("standardDSv5Family", 0, 100))))
    assert review.warnings == ()


@pytest.mark.parametrize("unknown", [{"entitlements": None}, {"usages": None}])
def test_what_could_not_be_looked_at_is_a_warning(unknown: dict[str, None]) -> None:
    review, _ = review_policy(form(), FACTS.but(**unknown))
    assert (review.valid, office.codes(review)) == (True, ["notLookedAt"])
