"""The wizard create-spot-group: what it refuses, what it warns of, and what it says would happen."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.networks.connection import HealthStatus, SubnetUsage
from shared.domain.policies.policy import Assignment
from shared.domain.spot.groups.group import LicenseType, SpotGroup
from shared.domain.spot.groups.members import SeenMember
from shared.domain.wizards.create_spot_group import review_spot_group
from shared.domain.wizards.forecast import Usage
from shared.domain.wizards.reviews import Review
from shared.domain.wizards.spot_group_steps import SpotGroupFacts, SpotImage, SpotLicences
from tests.unit.wizards.office import NOW, SITE, SUBSCRIPTION, connection, group
from tests.unit.wizards.office import errors as errors_by_step

FORM: dict[str, dict[str, Any]] = {
    "name": {"displayName": "Office", "friendlyName": "Office desktop"},
    "profile": {"profilePath": r"\\files.contoso.com\profiles"},
    "license": {"licenseType": "pooled", "quantity": 40},
    "site": {"siteId": "weu"},
    "groups": {"groupIds": ["g1"]},
    "image": {"imageSetId": "set", "imageVersion": "0.0.1"},
    "description": {"description": "For everybody"},
}
IMAGE = SpotImage(
    image_set_id="set",
    image_set_name="Base",
    version="0.0.1",
    available=True,
    status="available",
    multi_session=True,
    regions=("westeurope",),
)
GROUP = SpotGroup(
    id="other",
    tenant_id="acme",
    display_name="Sales",
    friendly_name="Sales",
    profile_path=r"\\files\sales",
    license_type=LicenseType.POOLED,
    quantity=30,
    site_id="weu",
    connection_id="c1",
    assignments=(Assignment(id="a", group_id="g2", assigned_at=NOW),),
    image_set_id="set",
    image_version="0.0.1",
    created_date_time=NOW,
    last_modified_date_time=NOW,
)


def week(*phases: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"schedule": {"timeZone": "Europe/Berlin", "phases": list(phases), **more}}


def dates(*days: str) -> dict[str, Any]:
    return week({"begins": "08:00"}, exceptions=[{"on": day, "phases": [{"begins": "00:00"}]} for day in days])


def facts(**more: Any) -> SpotGroupFacts:
    known: dict[str, Any] = {
        "sites": (SITE,),
        "connections": (connection(),),
        "spot_groups": (GROUP,),
        "images": (IMAGE,),
        "groups": (group("g1"),),
        "members": tuple(SeenMember(user_id=str(n), user_principal_name=f"{n}@contoso.com") for n in range(40)),
    }
    return SpotGroupFacts(**{**known, **more})


def form(**steps: Any) -> dict[str, Any]:
    return {**FORM, **{step: {**FORM.get(step, {}), **fields} for step, fields in steps.items()}}


def errors(review: Review) -> dict[str, str]:
    return {pointer: words for step in errors_by_step(review).values() for pointer, words in step.items()}


def test_a_form_that_is_right_says_what_would_happen() -> None:
    reviewed, _ = review_spot_group(FORM, facts())
    assert (reviewed.valid, reviewed.warnings) == (True, ())
    assert reviewed.would_happen is not None
    assert reviewed.would_happen.details["hosts"] == 4
    assert reviewed.would_happen.details["waiting"] == 0


@pytest.mark.parametrize(
    ("steps", "pointer", "words"),
    [
        ({"name": {"displayName": "sales"}}, "/name/displayName", "exists"),
        ({"profile": {"profilePath": "C:\\profiles"}}, "/profile/profilePath", "write it as"),
        ({"profile": {"profilePath": r"\\files\a'; rm"}}, "/profile/profilePath", "write it as"),
        ({"license": {"quantity": 0}}, "/license/quantity", "at least 1"),
        ({"license": {"quantity": 71}}, "/license/quantity", "choose at most 70"),
        ({"license": {"licenseType": "gpu"}}, "/license/licenseType", "write one of"),
        ({"site": {"siteId": "moon"}}, "/site/siteId", "no such site"),
        ({"site": {"connectionId": "c9"}}, "/site/connectionId", "no such connection"),
        ({"groups": {"groupIds": []}}, "/groups/groupIds", "at least one"),
        ({"groups": {"groupIds": ["g9"]}}, "/groups/groupIds/0", "no such group"),
        ({"image": {"imageSetId": "none"}}, "/image/imageSetId", "no such image set"),
        ({"image": {"imageVersion": "9.9.9"}}, "/image/imageVersion", "no such version"),
        ({"license": {"licenseType": "personal"}}, "/image/imageSetId", "multi-session"),
        ({"sessions": {"activeIdleTimeOutInMinutes": 241}}, "/sessions/activeIdleTimeOutInMinutes", "at most 240"),
        ({"hosts": {"hibernate": True}}, "/hosts/hibernate", "only hosts of one user"),
        ({"capacity": {"bufferPercent": 101}}, "/capacity/bufferPercent", "at most 100"),
        ({"capacity": {"startThreshold": 11}}, "/capacity/startThreshold", "10 seats"),
        ({"capacity": {"minimumOnline": 5}}, "/capacity/minimumOnline", "4 hosts"),
        ({"capacity": {"lowPriorityHosts": 5}}, "/capacity/lowPriorityHosts", "at most 4"),
        ({"capacity": {"schedule": {"timeZone": "Middle/Earth"}}}, "/capacity/schedule/timeZone", "IANA"),
        ({"capacity": {"schedule": {"timeZone": "/etc/passwd"}}}, "/capacity/schedule/timeZone", "IANA"),
        ({"capacity": week({"begins": "25:00"})}, "/capacity/schedule/phases/0/begins", "such as 08:30"),
        ({"capacity": week({"begins": "08:00Z"})}, "/capacity/schedule/phases/0/begins", "local time"),
        ({"capacity": week({"begins": "08:00", "days": [0]})}, "/capacity/schedule/phases/0/days/0", "at least 1"),
        ({"capacity": week({"begins": "08:00", "minimumOnline": 9})}, "/capacity/schedule/phases/0/minimumOnline", "4"),
        ({"capacity": week(*[{"begins": "08:00"}] * 2)}, "/capacity/schedule/phases/1/begins", "same time"),
        ({"capacity": dates("2026-12-25", "2026-12-25")}, "/capacity/schedule/exceptions/1/on", "twice"),
        ({"capacity": dates("Christmas")}, "/capacity/schedule/exceptions/0/on", "write a date"),
        ({"description": {"tags": {"azure-x": "1"}}}, "/description/tags/azure-x", "reserved"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(steps: dict[str, Any], pointer: str, words: str) -> None:
    licences = {LicenseType.POOLED: SpotLicences(total=100, used=30)}
    found = errors(review_spot_group(form(**steps), facts(licences=licences))[0])
    assert pointer in found
    assert words in found[pointer]


def test_the_sites_only_usable_connection_is_taken() -> None:
    two = (connection("c1", HealthStatus.FAILED), connection("c2"))
    assert review_spot_group(FORM, facts(connections=two))[0].valid
    both = errors(review_spot_group(FORM, facts(connections=(connection("c1"), connection("c2"))))[0])
    assert "2 usable connections" in both["/site/connectionId"]
    assert (
        "create a connection first" in errors(review_spot_group(FORM, facts(connections=()))[0])["/site/connectionId"]
    )


def test_a_chosen_connection_may_be_unhealthy_and_is_warned_of() -> None:
    reviewed, _ = review_spot_group(
        form(site={"connectionId": "c1"}), facts(connections=(connection("c1", HealthStatus.FAILED),))
    )
    assert reviewed.valid
    assert [warning.concern.value for warning in reviewed.warnings] == ["unhealthyConnection"]


def test_a_quantity_that_is_not_the_number_of_members_is_warned_of() -> None:
    reviewed, _ = review_spot_group(form(license={"quantity": 30}), facts())
    (warning,) = reviewed.warnings
    assert warning.message == "The groups have 40 members and the quantity is 30: 10 wait for a place."
    assert reviewed.would_happen is not None
    assert reviewed.would_happen.details["waiting"] == 10


def test_what_a_release_needs_is_compared_with_what_there_is() -> None:
    short = connection(subnets=(SubnetUsage(subnet_id="s", total=250, free=7),))
    quota = Usage(subscription_id=SUBSCRIPTION, region="westeurope", family="cores", used=90, limit=100)
    known = facts(connections=(short,), usages=(quota,), rights_used=3780, rights_limit=3800)
    concerns = {warning.concern.value: warning for warning in review_spot_group(FORM, known)[0].warnings}
    assert set(concerns) == {"rightsShort", "quotaShort", "addressesShort"}
    assert concerns["rightsShort"].details == {"needed": 80, "free": 20, "limit": 3800}
    assert concerns["addressesShort"].details is not None
    assert concerns["addressesShort"].details["needed"] == 8


def test_a_cloud_that_does_not_answer_leaves_the_form_valid() -> None:
    reviewed, _ = review_spot_group(FORM, facts(members=None, usages=None))
    assert reviewed.valid
    assert {warning.concern.value for warning in reviewed.warnings} == {"notLookedAt"}
