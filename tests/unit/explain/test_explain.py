"""Why somebody has, will have, or lacks a Cloud PC; and a policy's users. Nobody else's data: three small people."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain import naming
from shared.domain.cloud_pcs.build import Build, Failure, Resources, Step, Warn
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.estimates import Estimates
from shared.domain.cloud_pcs.lifecycle import Phase, Status
from shared.domain.cloud_pcs.progress import progress, sign_in_details
from shared.domain.images.image import ImageSource
from shared.domain.networks.connection import JoinType
from shared.domain.planning.entitlements import Entitlement
from shared.domain.planning.explain import Explanation, explain
from shared.domain.planning.foresight import PolicyUser, policy_users
from shared.domain.policies.configuration import DecidedConfiguration
from shared.domain.policies.policy import Policy, Snapshot
from tests.cloud_pcs import cloud_pc as new_cloud_pc
from tests.cloud_pcs import edited
from tests.unit.wizards import office
from triggers.http.views.cloud_pcs import cloud_pc_view, count_by_status

FIRST = office.policy("p1", "staff", name="First")
SECOND = office.policy("p2", "staff", "night", at=office.NOW + timedelta(days=1), name="Second")
PLAN = office.plan()


def cloud_pc(member: Entitlement, status: Status, policy: Policy = FIRST, **more: Any) -> CloudPc:
    snapshot = Snapshot(
        policy_id=policy.id,
        policy_name=policy.display_name,
        connection_id="c1",
        connection_name="West",
        join_type=JoinType.AZURE_AD_JOIN,
        image=ImageSource(marketplace=office.OFFERED.image),
        image_display_name="Windows 11",
        configuration=DecidedConfiguration(
            locale="en-US",
            local_admin_enabled=False,
            naming_template="PC-%RAND:6%",
            grace_period_in_hours=168,
        ),
    )
    return new_cloud_pc(
        id=naming.cloud_pc_id("acme", member.user.id, PLAN.id),
        tenant_id="acme",
        user=member.user,
        plan=PLAN,
        status=status,
        display_name="First - Ada",
        snapshot=None if status is Status.NOT_PROVISIONED else snapshot,
        created_date_time=office.NOW,
        last_modified_date_time=office.NOW,
        **more,
    )


def explained(member: Entitlement, *records: CloudPc, policies: tuple[Policy, ...] = (SECOND, FIRST)) -> Explanation:
    return explain(member, office.today(*policies), records, {"staff": "Staff"}, tenant_id="acme")


ADA = office.member("ada", "staff", plans=(PLAN,))


def test_the_first_assigned_policy_wins_and_the_others_are_named() -> None:
    said = explained(ADA)
    assert [(claim.policy_name, claim.group_name, claim.wins) for claim in said.policies] == [
        ("First", "Staff", True),
        ("Second", "Staff", False),
    ]


@pytest.mark.parametrize(
    ("member", "policies", "words"),
    [
        (office.member("bob", "staff"), (FIRST,), "in an assigned group, but has no Cloud PC licence"),
        (office.member("bob"), (FIRST,), "has no Cloud PC licence"),
        (office.member("bob", plans=(PLAN,)), (FIRST,), "no provisioning policy is assigned"),
        (office.member("bob", "staff", plans=(PLAN,), enabled=False), (FIRST,), "account is disabled"),
        (ADA, (FIRST,), "has 0 of 1 Cloud PC by policy First"),
    ],
)
def test_the_verdict_says_what_is_missing(member: Entitlement, policies: tuple[Policy, ...], words: str) -> None:
    assert words in explained(member, policies=policies).verdict


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"status": Status.PENDING_PROVISION, "reason": "no quota"}, "Waiting: no quota."),
        ({"status": Status.PROVISIONING, "attempt": 2}, "attempt 2"),
        ({"status": Status.PROVISIONED}, "Ready."),
        ({"status": Status.PROVISIONING, "attempt": 2, "resumed_at": Step.ENROLL_IN_INTUNE}, "resumed at enroll"),
        (
            {"status": Status.PROVISIONED, "replacement": Build(generation=5, step=Step.CREATE_VM)},
            "this one: Create the VM",
        ),
        ({"status": Status.PROVISIONED, "replacement": Build(generation=5, reason="no quota")}, "this one: no quota."),
        (
            {"status": Status.PROVISIONED, "replacement": Build(generation=5, phase=Phase.FAILED, reason="a lock")},
            "Another machine of it is removed: a lock.",
        ),
        ({"status": Status.FAILED, "last_error": Failure(code="Boom", message="it broke")}, "Failed: Boom, it broke"),
        (
            {"status": Status.PROVISIONED_WITH_WARNINGS, "warnings": (Warn(step="setTeamsVdiMode", message="x"),)},
            "Ready, with warnings: setTeamsVdiMode.",
        ),
    ],
)
def test_a_cloud_pc_says_how_it_stands(more: dict[str, Any], words: str) -> None:
    (one,) = explained(ADA, cloud_pc(ADA, **more)).cloud_pcs
    assert words in one.because


def test_a_cloud_pc_whose_licence_is_gone_is_still_explained() -> None:
    gone = office.member("ada", "staff")
    (one,) = explained(gone, cloud_pc(ADA, Status.PROVISIONED)).cloud_pcs
    assert (one.licensed, one.policy_name) == (False, "First")
    assert "licence is gone" in one.because


@pytest.mark.parametrize(
    ("member", "missing"),
    [
        (office.member("ada", "staff"), ("the licence",)),
        (office.member("ada", plans=(PLAN,)), ("a group of policy First",)),
        (office.member("ada"), ("the licence", "a group of policy First")),
        (ADA, ()),
    ],
    ids=["licence", "group", "both", "nothing"],
)
def test_in_grace_everything_that_is_missing_is_named(member: Entitlement, missing: tuple[str, ...]) -> None:
    said = explained(member, cloud_pc(ADA, Status.IN_GRACE_PERIOD))
    (one,) = said.cloud_pcs
    assert len(one.missing) == len(missing)
    assert all(each in one.because and each in said.verdict for each in missing)
    assert "1 of them in the grace period" in said.verdict


def test_an_id_is_shown_only_of_a_cloud_pc_that_is_there() -> None:
    assert [one.cloud_pc_id for one in explained(ADA).cloud_pcs] == [None]
    there = cloud_pc(ADA, Status.PROVISIONED)
    assert [one.cloud_pc_id for one in explained(ADA, there).cloud_pcs] == [there.id]


def on_roster(member: Entitlement, *records: CloudPc, policy: Policy = FIRST) -> PolicyUser:
    (entry,) = policy_users(policy, office.today(FIRST, SECOND), (member,), records)
    return entry


@pytest.mark.parametrize(
    ("entry", "standing", "words"),
    [
        (on_roster(ADA, cloud_pc(ADA, Status.PROVISIONED)), "has", "Ready"),
        (on_roster(ADA), "waits", "has licence and policy"),
        (on_roster(ADA, cloud_pc(ADA, Status.PENDING_PROVISION, reason="no quota")), "waits", "no quota"),
        (on_roster(ADA, cloud_pc(ADA, Status.PROVISIONING)), "waits", "Being provisioned"),
        (on_roster(ADA, cloud_pc(ADA, Status.FAILED)), "lacks", "Failed"),
        (on_roster(office.member("bob", "staff")), "lacks", "licence"),
        (on_roster(office.member("bob", "staff", enabled=False)), "lacks", "disabled"),
        (on_roster(ADA, policy=SECOND), "lacks", "First was assigned first"),
        (on_roster(ADA, cloud_pc(ADA, Status.PROVISIONED, SECOND)), "lacks", "stays there"),
    ],
)
def test_a_policy_s_users_have_wait_or_lack(entry: PolicyUser, standing: str, words: str) -> None:
    assert (entry.standing, words in entry.because) == (standing, True)


def test_people_outside_the_policy_s_groups_are_not_its_users() -> None:
    assert policy_users(FIRST, office.today(FIRST, SECOND), (office.member("joe", "night", plans=(PLAN,)),), ()) == ()


def test_progress_moves_on_within_a_step_and_never_past_it() -> None:
    at = office.NOW
    pc = cloud_pc(ADA, Status.PROVISIONING, step=Step.CREATE_VM, step_started_at=at, attempt=1)
    seen = [progress(pc, at + timedelta(seconds=s)).percent_complete for s in (0, 30, 60, 119, 500)]
    next_step = progress(edited(pc, step=Step.JOIN_DIRECTORY), at).percent_complete
    assert seen == sorted(seen)
    assert seen[0] < seen[2] <= next_step
    assert seen[-1] <= next_step


def test_the_estimate_is_never_in_the_past() -> None:
    pc = cloud_pc(ADA, Status.PROVISIONING, step=Step.ASSIGN_USER, step_started_at=office.NOW, attempt=1)
    late = office.NOW + timedelta(hours=2)
    told = progress(pc, late)
    assert told.estimated_end_date_time is not None
    assert told.estimated_end_date_time >= late
    assert told.percent_complete < 100


@pytest.mark.parametrize(
    ("step", "minutes_ago", "ready_in"),
    [
        (Step.AWAIT_SIGN_IN_RIGHTS, 4, 6 * 60),
        (Step.AWAIT_SIGN_IN_RIGHTS, 11, 0),
        (Step.ASSIGN_USER, 1, 9 * 60),
        (Step.ASSIGN_USER, 30, None),  # they count already: nothing is waited for after the step
        (Step.CREATE_VM, 30, None),  # of the machine before
    ],
)
def test_it_is_ready_when_the_user_s_roles_count(step: Step, minutes_ago: int, ready_in: int | None) -> None:
    at = office.NOW
    given = Resources(sign_in_given_at=at - timedelta(minutes=minutes_ago))
    pc = cloud_pc(ADA, Status.PROVISIONING, step=step, step_started_at=at, attempt=1, resources=given)
    told = progress(pc, at).estimated_end_date_time
    usual = progress(edited(pc, resources=Resources()), at).estimated_end_date_time
    assert told == (usual if ready_in is None else at + timedelta(seconds=ready_in))


@pytest.mark.parametrize(
    ("status", "percent"), [(Status.PROVISIONED, 100), (Status.PENDING_PROVISION, 0), (Status.NOT_PROVISIONED, 0)]
)
def test_what_does_not_move_promises_no_end(status: Status, percent: int) -> None:
    told = progress(cloud_pc(ADA, status), office.NOW)
    assert (told.percent_complete, told.estimated_end_date_time) == (percent, None)


def test_the_view_has_graph_s_words() -> None:
    view = cloud_pc_view(
        cloud_pc(ADA, Status.FAILED, last_error=Failure(code="Boom", message="it broke", step=Step.CREATE_VM)),
        office.NOW,
        office.today(FIRST),
        Estimates(),
    )
    assert (view["status"], view["provisioningType"], view["osVersion"]) == ("failed", "dedicated", "windows11")
    detail = view["statusDetail"]
    assert detail is not None
    assert (detail["code"], detail["message"]) == ("Boom", "it broke")
    assert {"name": "retriable", "value": "true"} in detail["additionalInformation"]


def test_the_count_has_a_row_for_each_status() -> None:
    counted = count_by_status([{"id": "1", "status": "provisioned"}])
    assert {"status": "provisioned", "count": 1} in counted
    assert len(counted) == len(Status)


def test_the_sign_in_details_name_address_user_and_computer_and_no_password() -> None:
    pc = cloud_pc(ADA, Status.PROVISIONED)
    told = sign_in_details(edited(pc, resources=pc.current.resources.but(computer_name="PC-ABC")))
    assert (told.address, told.user_name, told.computer_name) == (
        "https://windows.cloud.microsoft",
        "ada@acme.example",
        "PC-ABC",
    )
    assert all(word in told.text for word in (told.address, told.user_name, told.computer_name, "usual password"))
