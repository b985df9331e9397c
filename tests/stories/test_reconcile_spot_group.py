"""Story of the reconcile of a Spot Group."""

from __future__ import annotations

from shared.contracts.outcomes import Done, Pending, Refused
from shared.contracts.reconciling import NewerRequest
from shared.contracts.spot_groups import (
    CLOSE_SPOT_RECONCILE,
    GRANT_SPOT_MEMBERS,
    PLAN_SPOT_MEMBERS,
    PREPARE_SPOT_POOL,
    READ_SPOT_REQUEST,
    RECONCILE_SPOT_GROUP,
    REMOVE_SPOT_GROUP,
    REVOKE_SPOT_MEMBERS,
    MembersPlanned,
    Requested,
    SpotGroupOrder,
    SpotPool,
)
from shared.domain.networks.connection import JoinType
from tests.stories.tell import START, Answers, tell

ORDER = SpotGroupOrder(tenant_id="contoso", spot_group_id="g")
POOL = SpotPool(
    subscription_id="s",
    host_pool_id="/pool",
    application_group_id="/pool-dag",
    resource_group="deskwright-contoso-spot-g",
    join_type=JoinType.AZURE_AD_JOIN,
)
QUIET: Answers = {
    READ_SPOT_REQUEST: Requested(at=START),
    PREPARE_SPOT_POOL: POOL,
    PLAN_SPOT_MEMBERS: MembersPlanned(grants=(("a", "b"), ("c",)), waiting=2),
    GRANT_SPOT_MEMBERS: [Done(), Done()],
    CLOSE_SPOT_RECONCILE: Done(),
}


def test_members_with_a_place_get_their_rights() -> None:
    story = tell(RECONCILE_SPOT_GROUP, ORDER, QUIET)

    assert [o["memberIds"] for o in story.orders[GRANT_SPOT_MEMBERS.name]] == [["a", "b"], ["c"]]
    assert (story.result.granted, story.result.revoked, story.result.waiting) == (3, 0, 2)


def test_who_lost_their_place_loses_it_before_another_gets_it() -> None:
    leaving = MembersPlanned(revocations=(("x",),), waiting=1)
    script = {
        **QUIET,
        PLAN_SPOT_MEMBERS: [leaving, MembersPlanned(grants=(("a",),))],
        REVOKE_SPOT_MEMBERS: Done(),
        GRANT_SPOT_MEMBERS: Done(),
    }
    story = tell(RECONCILE_SPOT_GROUP, ORDER, script)

    assert story.calls.index("revoke_spot_members") < story.calls.index("grant_spot_members")
    assert story.calls.count("plan_spot_members") == 2
    assert (story.result.granted, story.result.revoked) == (1, 1)


def test_a_directory_that_does_not_answer_takes_nobodys_rights() -> None:
    silent = Refused(code="directoryUnavailable", message="the group could not be read")
    story = tell(RECONCILE_SPOT_GROUP, ORDER, {**QUIET, PLAN_SPOT_MEMBERS: silent})

    assert "revoke_spot_members" not in story.calls
    assert story.orders[CLOSE_SPOT_RECONCILE.name][0]["refused"]["code"] == "directoryUnavailable"
    assert story.result.refused is not None


def test_a_user_whom_azure_never_gets_to_know_is_told_and_tried_again() -> None:
    story = tell(RECONCILE_SPOT_GROUP, ORDER, {**QUIET, GRANT_SPOT_MEMBERS: [Pending(note="not yet"), Done()]})

    (closing,) = story.orders[CLOSE_SPOT_RECONCILE.name]
    assert closing["refused"]["message"] == "not yet"


def test_a_group_that_is_gone_is_left_alone() -> None:
    gone = Refused(code="spotGroupGone", message="there is no such Spot Group", final=True)
    assert tell(RECONCILE_SPOT_GROUP, ORDER, {READ_SPOT_REQUEST: gone}).calls == ["read_spot_request"]


def test_a_request_that_came_meanwhile_gets_its_own_round() -> None:
    story = tell(RECONCILE_SPOT_GROUP, ORDER, {**QUIET, CLOSE_SPOT_RECONCILE: NewerRequest()})

    assert story.continued is not None
    assert SpotGroupOrder.model_validate(story.continued).round == 1


def test_of_a_group_that_is_deleted_everything_is_removed_once_nobody_has_rights() -> None:
    leaving = MembersPlanned(revocations=(("x",),))
    script = {
        **QUIET,
        PREPARE_SPOT_POOL: POOL.but(removing=True),
        PLAN_SPOT_MEMBERS: [leaving, MembersPlanned()],
        REVOKE_SPOT_MEMBERS: Done(),
        REMOVE_SPOT_GROUP: Done(),
    }
    story = tell(RECONCILE_SPOT_GROUP, ORDER, script)

    assert story.calls.index("revoke_spot_members") < story.calls.index("remove_spot_group")
    assert story.result.refused is None


def test_a_removal_that_takes_long_is_gone_on_with_by_the_next_reconcile() -> None:
    hosts = Pending(note="Hosts that are being removed: 3")
    script = {
        **QUIET,
        PREPARE_SPOT_POOL: POOL.but(removing=True),
        PLAN_SPOT_MEMBERS: MembersPlanned(),
        REMOVE_SPOT_GROUP: hosts,
    }
    (closing,) = tell(RECONCILE_SPOT_GROUP, ORDER, script).orders[CLOSE_SPOT_RECONCILE.name]
    assert closing["refused"]["message"] == "Hosts that are being removed: 3"
    assert closing["refused"].get("final") is False
