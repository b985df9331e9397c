"""Laws of a resize: whatever order the licences are swapped in, one Cloud PC for each, and nobody loses theirs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.cloud_pcs import replacing
from shared.domain.cloud_pcs.cloud_pc import CloudPc, User
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.images.image import ImageType
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.naming import cloud_pc_id
from shared.domain.planning.entitlements import Entitlement
from shared.domain.planning.planner import plan
from shared.domain.planning.plans import Observed, Plan
from shared.domain.policies.policy import Assignment, Policy
from tests.cloud_pcs import cloud_pc
from tests.properties.test_planner_laws import JOIN, NOW, applied, claims, service, snapshot

OLD, NEW = service("small"), service("large")
PLANS = {each.id: each for each in (OLD, NEW)}
HOURS = 48
USER = User(id="ada", user_principal_name="ada@x")
POLICY = Policy(
    id="p",
    tenant_id="t",
    display_name="P",
    domain_join_configurations=(JOIN,),
    image_type=ImageType.GALLERY,
    image_id="i",
    assignments=(Assignment(id="a", group_id="g", assigned_at=NOW),),
    created_date_time=NOW,
    last_modified_date_time=NOW,
)
ADA = cloud_pc(
    id=cloud_pc_id("t", USER.id, OLD.id),
    tenant_id="t",
    user=USER,
    plan=OLD,
    status=Status.PROVISIONED,
    display_name="Ada",
    snapshot=snapshot(POLICY),
    created_date_time=NOW,
    last_modified_date_time=NOW,
)
KEPT = {Status.PROVISIONED, Status.RESIZE_PENDING_LICENSE, Status.RESIZING}


@dataclass
class Story:
    """History of one user's Cloud PCs as time passes and licences come and go."""

    pcs: dict[str, CloudPc] = field(default_factory=lambda: {ADA.id: replacing.request(ADA, NEW, "o", HOURS, NOW)})
    at: datetime = NOW

    @property
    def ada(self) -> CloudPc:
        return self.pcs[ADA.id]

    def read(self, held: frozenset[str], *, crash: bool = False) -> Plan:
        """Read the directory, and plan; after a crash nothing of it is written."""
        entitlement = Entitlement(
            user=USER, plans=tuple(PLANS[each] for each in sorted(held)), group_ids=frozenset({"g"})
        )
        observed = Observed(entitlements=(entitlement,), cloud_pcs=tuple(self.pcs.values()), complete=True)
        made = plan(observed, (POLICY,), {"p": snapshot(POLICY)}, tenant_id="t", at=self.at)
        if not crash:
            self.pcs |= {pc.id: pc for pc in made.writes}
            self.pcs = {each: pc for each, pc in self.pcs.items() if each not in {gone.id for gone in made.delete}}
        return made

    def work(self, *, well: bool) -> None:
        """Let the work of the resize end, if it has begun."""
        if self.ada.status is Status.RESIZING:
            over = self.ada.but(action=None)
            end = replacing.moved(over, "large", (), self.at) if well else replacing.stayed(over, "small", self.at)
            self.pcs[ADA.id] = end

    def wait(self, hours: int) -> None:
        self.at += timedelta(hours=hours)


licences = st.frozensets(st.sampled_from([OLD.id, NEW.id]))
moments = st.tuples(licences, st.sampled_from([0, 1, 23, 47, 49]), st.booleans(), st.sampled_from([True, False, None]))


@given(st.lists(moments, max_size=12))
def test_whatever_happens_no_licence_has_two_and_planning_again_changes_nothing(
    days: list[tuple[frozenset[str], int, bool, bool | None]],
) -> None:
    story = Story()
    for held, hours, crash, well in days:
        story.read(held, crash=crash)
        assert len(claims(story.pcs.values())) == len(set(claims(story.pcs.values())))
        if not crash:
            assert story.read(held).empty
        if well is not None:
            story.work(well=well)
        story.wait(hours)


@given(st.lists(st.tuples(licences, st.booleans()), max_size=6), st.booleans())
def test_within_the_time_for_swapping_nobody_loses_it_and_no_second_one_is_built(
    reads: list[tuple[frozenset[str], bool]],
    well: bool,  # noqa: FBT001 - drawn
) -> None:
    story = Story()
    for held, crash in reads:
        if story.ada.swap is None:  # the swap is over: one licence is its own, as before
            break
        if story.ada.status is Status.PROVISIONED and not held:
            held = frozenset({OLD.id})  # noqa: PLW2901 - after the work, one of the two is needed
        story.read(held, crash=crash)
        story.wait(7)
        assert story.ada.status in KEPT
        built = [pc for pc in story.pcs.values() if pc.id != ADA.id and pc.plan.id in story.ada.claims]
        assert built == []
        story.work(well=well)


@given(st.permutations(["give", "take", "read", "read"]))
def test_the_order_in_which_licences_are_swapped_does_not_matter(steps: list[str]) -> None:
    story, held = Story(), {OLD.id}
    for step in steps:
        if step == "give":
            held.add(NEW.id)
        elif step == "take":
            held.discard(OLD.id)
        else:
            story.read(frozenset(held))
            story.work(well=True)
    for _ in range(2):
        story.read(frozenset(held))
        story.work(well=True)
    assert (story.ada.status, story.ada.plan, story.ada.swap, len(story.pcs)) == (Status.PROVISIONED, NEW, None, 1)


@pytest.mark.parametrize(
    ("held", "status", "others"), [({OLD.id}, Status.PROVISIONED, 0), (set(), Status.IN_GRACE_PERIOD, 0)]
)
def test_a_licence_that_never_comes_ends_the_wait(held: set[str], status: Status, others: int) -> None:
    story = Story()
    story.wait(HOURS)
    story.read(frozenset(held))
    assert (story.ada.status, story.ada.plan, story.ada.swap) == (status, OLD, None)
    assert len(story.pcs) - 1 == others


def test_who_keeps_both_licences_has_two_cloud_pcs_when_the_time_for_swapping_is_over() -> None:
    story, both = Story(), frozenset({OLD.id, NEW.id})
    story.read(both)
    story.work(well=True)
    assert story.read(both).empty
    story.wait(HOURS)
    made = story.read(both)
    assert [pc.plan for pc in made.provision] == [OLD]
    assert ADA.id not in {pc.id for pc in made.provision}
    assert story.ada.claims == {NEW.id}


def test_a_licence_lost_while_it_is_resized_leaves_it_to_the_other_until_the_time_is_over() -> None:
    story, seen = Story(), []
    story.read(frozenset({OLD.id, NEW.id}))
    assert story.read(frozenset()).empty
    story.work(well=True)
    for hours in (1, HOURS):
        story.read(frozenset({OLD.id}))
        seen.append((story.ada.status, story.ada.plan))
        story.wait(hours)
    assert seen[:1] == [(Status.PROVISIONED, NEW)]
    story.read(frozenset({OLD.id}))
    assert story.ada.status is Status.IN_GRACE_PERIOD
    assert [pc.plan for pc in story.pcs.values() if pc.id != ADA.id] == [OLD]


def test_after_a_failed_resize_either_licence_keeps_it_and_the_time_to_put_it_right_is_as_long() -> None:
    story = Story()
    story.read(frozenset({NEW.id}))
    story.work(well=False)
    story.wait(HOURS - 1)
    assert story.read(frozenset({NEW.id})).empty
    assert (story.ada.plan, story.ada.claims) == (OLD, frozenset({OLD.id, NEW.id}))
    story.wait(1)
    story.read(frozenset({NEW.id}))
    assert story.ada.status is Status.IN_GRACE_PERIOD
    assert [pc.plan for pc in story.pcs.values() if pc.id != ADA.id] == [NEW]


@pytest.mark.parametrize("hours", [1, HOURS], ids=["in time", "late"])
@pytest.mark.parametrize("held", [(OLD,), (OLD, NEW)], ids=["before the licence came", "after it came"])
def test_nobody_who_leaves_their_group_is_resized_and_planning_again_changes_nothing(
    held: tuple[ServicePlan, ...], hours: int
) -> None:
    story = Story()
    story.wait(hours)
    out = Entitlement(user=USER, plans=held, group_ids=frozenset())
    observed = Observed(entitlements=(out,), cloud_pcs=tuple(story.pcs.values()), complete=True)
    made = plan(observed, (POLICY,), {"p": snapshot(POLICY)}, tenant_id="t", at=story.at)
    assert [pc.status for pc in made.grace] == [Status.IN_GRACE_PERIOD]
    assert made.resizes == ()
    again = applied(observed, made)
    assert plan(again, (POLICY,), {"p": snapshot(POLICY)}, tenant_id="t", at=story.at).empty
