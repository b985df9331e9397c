"""Laws of the planner, for any directory, policies and records."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc, Grace, Removal, RemovalCause, Swap, User
from shared.domain.cloud_pcs.lifecycle import BUILT, WORKING, Status
from shared.domain.images.image import ImageSource, ImageType
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.naming import cloud_pc_id
from shared.domain.networks.connection import JoinType
from shared.domain.planning.entitlements import Entitlement, winner
from shared.domain.planning.planner import plan
from shared.domain.planning.plans import Observed, Plan, Rules
from shared.domain.policies.configuration import DecidedConfiguration
from shared.domain.policies.policy import Assignment, DomainJoinConfiguration, Policy, Snapshot
from shared.domain.tenants.tenant import RemovalBrake
from tests.cloud_pcs import cloud_pc

NOW = datetime(2026, 11, 21, tzinfo=UTC)
USERS, SKUS, GROUPS = ("ada", "bob", "eve"), ("s1", "s2", "s3"), ("g1", "g2", "g3")
SWAPPING = {*BUILT, Status.RESIZING, Status.IN_GRACE_PERIOD}
JOIN = DomainJoinConfiguration(domain_join_type=JoinType.AZURE_AD_JOIN, on_premises_connection_id="c")


def service(sku_id: str) -> ServicePlan:
    return ServicePlan(
        id=sku_id, sku_part_number=sku_id, display_name=sku_id, v_cpu_count=2, ram_in_gb=8, storage_in_gb=128
    )


MADE_FROM = Snapshot(
    policy_id="",
    policy_name="",
    connection_id="c",
    connection_name="C",
    join_type=JoinType.AZURE_AD_JOIN,
    image=ImageSource(gallery_version_id="/v"),
    image_display_name="I",
    configuration=DecidedConfiguration(
        locale="en-US",
        local_admin_enabled=False,
        naming_template="CPC-%RAND:5%",
        grace_period_in_hours=168,
    ),
)


def snapshot(policy: Policy) -> Snapshot:
    return MADE_FROM.but(policy_id=policy.id, policy_name=policy.display_name)


@st.composite
def policies(draw: st.DrawFn) -> tuple[Policy, ...]:
    made = []
    for number in range(draw(st.integers(0, 3))):
        groups = draw(st.sets(st.sampled_from(GROUPS)))
        assignments = tuple(
            Assignment(id=f"{number}{g}", group_id=g, assigned_at=NOW - timedelta(days=draw(st.integers(0, 3))))
            for g in sorted(groups)
        )
        made.append(
            Policy(
                id=f"p{number}",
                tenant_id="t",
                display_name=f"P{number}",
                domain_join_configurations=(JOIN,),
                image_type=ImageType.GALLERY,
                image_id="i",
                assignments=assignments,
                created_date_time=NOW,
                last_modified_date_time=NOW,
            )
        )
    return tuple(made)


@st.composite
def directories(draw: st.DrawFn) -> Observed:
    entitlements = [
        Entitlement(
            user=User(id=name, user_principal_name=f"{name}@x", account_enabled=draw(st.booleans())),
            plans=tuple(map(service, sorted(draw(st.sets(st.sampled_from(SKUS)))))),
            group_ids=frozenset(draw(st.sets(st.sampled_from(GROUPS)))),
            certain=draw(st.booleans()),
        )
        for name in USERS
        if draw(st.booleans())
    ]
    gone = draw(st.frozensets(st.sampled_from(USERS))) - {each.user.id for each in entitlements}
    return Observed(entitlements=tuple(entitlements), cloud_pcs=(), complete=draw(st.booleans()), gone=gone)


@st.composite
def records(draw: st.DrawFn) -> tuple[CloudPc, ...]:
    made = []
    for name in USERS:
        for sku_id in SKUS:
            if not draw(st.booleans()):
                continue
            status = draw(st.sampled_from(Status))
            policy = draw(st.sampled_from(("p0", "p1", "p2", "gone")))
            grace = Grace(cause=RemovalCause.USER_LEFT_GROUP, started_at=NOW, ends_at=NOW + timedelta(days=7))
            confirmed = draw(st.sampled_from([None, "admin"]))
            waits = Removal(cause=RemovalCause.LICENSE_REMOVED, seen_at=NOW, confirmed_by=confirmed)
            made.append(
                cloud_pc(
                    id=cloud_pc_id("t", name, sku_id),
                    tenant_id="t",
                    user=User(id=name, user_principal_name=f"{name}@x"),
                    plan=service(sku_id),
                    status=status,
                    display_name=name,
                    generation=draw(st.integers(0, 2)),
                    attempt=draw(st.integers(0, 2)),
                    resources=Resources(vm_id=draw(st.sampled_from([None, "/vm"]))),
                    snapshot=MADE_FROM.but(policy_id=policy) if status is not Status.NOT_PROVISIONED else None,
                    group_id=draw(st.sampled_from([None, *GROUPS])),
                    grace=grace if status is Status.IN_GRACE_PERIOD else None,
                    removal=waits if status is Status.PROVISIONED and draw(st.booleans()) else None,
                    clean_up_at=NOW if status is Status.DEPROVISIONING and draw(st.booleans()) else None,
                    created_date_time=NOW,
                    last_modified_date_time=NOW,
                )
            )
    return tuple(draw(swaps(made, pc)) for pc in made)


@st.composite
def swaps(draw: st.DrawFn, among: list[CloudPc], pc: CloudPc) -> CloudPc:
    """The Cloud PC with its licences being swapped, where the second one (always the last of them) is nobody's."""
    free = SKUS[-1] not in {each.plan.id for each in among if each.user == pc.user} and pc.plan.id == SKUS[0]
    if not free or pc.status not in SWAPPING:
        return pc
    until = NOW + timedelta(hours=draw(st.sampled_from([-1, 0, 1])))
    swap = Swap(plan=service(SKUS[-1]), until=until, hours=48, operation_id="o")
    return pc.but(swap=swap) if pc.status not in {*BUILT, Status.IN_GRACE_PERIOD} or draw(st.booleans()) else pc


def claims(among: Iterable[CloudPc]) -> list[tuple[str, str]]:
    return [(pc.user.id, plan_id) for pc in among for plan_id in pc.claims]


def planned(observed: Observed, among: tuple[Policy, ...], *, missing: frozenset[str] = frozenset()) -> Plan:
    snapshots = {p.id: snapshot(p) for p in among if p.id not in missing}
    return plan(observed, among, snapshots, tenant_id="t", at=NOW)


def applied(observed: Observed, made: Plan) -> Observed:
    after = {pc.id: pc for pc in observed.cloud_pcs} | {pc.id: pc for pc in made.writes}
    forgotten = {pc.id for pc in made.delete}
    kept = tuple(pc for pc in after.values() if pc.id not in forgotten)
    return observed.but(cloud_pcs=kept)


@given(directories(), records(), policies(), st.frozensets(st.sampled_from(["p0", "p1", "p2"])))
def test_applying_a_plan_and_planning_again_yields_nothing(
    observed: Observed, there: tuple[CloudPc, ...], among: tuple[Policy, ...], missing: frozenset[str]
) -> None:
    observed = observed.but(cloud_pcs=there)
    made = planned(observed, among, missing=missing)
    assert planned(applied(observed, made), among, missing=missing).empty


@given(directories(), records(), policies())
def test_no_two_cloud_pcs_ever_claim_one_licence(
    observed: Observed, there: tuple[CloudPc, ...], among: tuple[Policy, ...]
) -> None:
    observed = observed.but(cloud_pcs=there)
    after = claims(applied(observed, planned(observed, among)).cloud_pcs)
    assert len(after) == len(set(after))


@given(directories(), records(), policies())
def test_every_record_is_written_once_at_most(
    observed: Observed, there: tuple[CloudPc, ...], among: tuple[Policy, ...]
) -> None:
    made = planned(observed.but(cloud_pcs=there), among)
    ids = [pc.id for pc in (*made.writes, *made.delete)]
    assert len(ids) == len(set(ids))


@given(directories(), records(), policies())
def test_only_who_has_a_licence_a_policy_and_an_account_is_provisioned(
    observed: Observed, there: tuple[CloudPc, ...], among: tuple[Policy, ...]
) -> None:
    by_id = {each.user.id: each for each in observed.entitlements}
    for pc in planned(observed.but(cloud_pcs=there), among).provision:
        entitlement = by_id[pc.user.id]
        first = winner(among, entitlement.group_ids)
        assert entitlement.user.account_enabled
        assert pc.plan in entitlement.plans
        assert first is not None
        assert pc.current.snapshot == snapshot(first)
        assert pc.status is Status.PENDING_PROVISION


@given(directories(), records(), policies())
def test_a_disabled_account_takes_nothing_and_nothing_is_built_for_it(
    observed: Observed, there: tuple[CloudPc, ...], among: tuple[Policy, ...]
) -> None:
    seen = observed.but(cloud_pcs=there)
    made = planned(seen, among)
    enabled = tuple(each.but(user=each.user.but(account_enabled=True)) for each in seen.entitlements)
    as_enabled = planned(seen.but(entitlements=enabled), among)
    disabled = {each.user.id for each in seen.entitlements if not each.user.account_enabled}
    owners = {pc.id: pc.user.id for pc in there}
    assert {pc.id for pc in (*made.grace, *made.cancel)} == {pc.id for pc in (*as_enabled.grace, *as_enabled.cancel)}
    assert not disabled & {pc.user.id for pc in made.provision}
    assert not disabled & {owners.get(pc_id, "") for pc_id in made.start}


@given(directories(), records(), policies())
def test_what_works_is_never_built_over_and_never_removed_without_a_grace_period(
    observed: Observed, there: tuple[CloudPc, ...], among: tuple[Policy, ...]
) -> None:
    works = {pc.id for pc in there if pc.status in WORKING}
    made = planned(observed.but(cloud_pcs=there), among)
    assert not works & {pc.id for pc in (*made.provision, *made.list_only, *made.cancel, *made.delete)}
    assert not works & set(made.start)
    assert all(pc.id in works and pc.grace and pc.status is Status.IN_GRACE_PERIOD for pc in made.grace)


@given(directories(), records(), policies(), st.integers(0, 3), st.integers(0, 100))
def test_the_brake_lets_no_more_pass_than_it_may(
    observed: Observed, there: tuple[CloudPc, ...], among: tuple[Policy, ...], count: int, percent: int
) -> None:
    rules = Rules(brake=RemovalBrake(count=count, percent=percent))
    snapshots = {p.id: snapshot(p) for p in among}
    seen = observed.but(cloud_pcs=there)
    made = plan(seen, among, snapshots, tenant_id="t", at=NOW, rules=rules)
    confirmed = {pc.id for pc in there if pc.removal and pc.removal.confirmed_by}
    taken = len({pc.id for pc in (*made.grace, *made.cancel)} - confirmed)
    assert taken <= count or taken * 100 <= len(there) * percent
    assert not rules.brake.stops(taken, of=len(there))
    assert all(pc.removal and not pc.removal.confirmed_by for pc in made.removals)


@given(directories(), records(), policies())
def test_what_is_paused_neither_begins_nor_ends(
    observed: Observed, there: tuple[CloudPc, ...], among: tuple[Policy, ...]
) -> None:
    snapshots = {p.id: snapshot(p) for p in among}
    rules = Rules(halted="the service is paused", paused={p.id: "paused" for p in among})
    made = plan(observed.but(cloud_pcs=there), among, snapshots, tenant_id="t", at=NOW, rules=rules)
    assert [made.start, made.grace, made.cancel, made.removals] == [(), (), (), ()]


@given(directories(), records(), policies(), st.integers(0, 2))
def test_no_more_start_than_licences_are_free(
    observed: Observed, there: tuple[CloudPc, ...], among: tuple[Policy, ...], free: int
) -> None:
    made = planned(observed.but(cloud_pcs=there, free=dict.fromkeys(SKUS, free)), among)
    plans = {pc.id: pc.plan.id for pc in (*there, *made.provision)}
    started = [plans[pc_id] for pc_id in made.start]
    assert all(started.count(sku) <= free for sku in SKUS)
    assert all("queue" in str(pc.current.reason) for pc in made.provision if pc.id not in made.start)


@given(records(), policies())
def test_an_empty_answer_that_is_not_complete_changes_nothing(
    there: tuple[CloudPc, ...], among: tuple[Policy, ...]
) -> None:
    assert planned(Observed(entitlements=(), cloud_pcs=there, complete=False), among).empty


@given(directories(), records(), policies())
def test_users_whose_groups_are_not_certain_lose_nothing(
    observed: Observed, there: tuple[CloudPc, ...], among: tuple[Policy, ...]
) -> None:
    doubtful = tuple(each.but(certain=False) for each in observed.entitlements)
    made = planned(Observed(entitlements=doubtful, cloud_pcs=there, complete=False), among)
    held = {cloud_pc_id("t", each.user.id, p.id) for each in doubtful for p in each.plans}
    assert not held & {pc.id for pc in (*made.removals, *made.grace, *made.cancel)}


@given(policies(), st.frozensets(st.sampled_from(GROUPS)), st.randoms())
def test_the_winner_does_not_depend_on_the_order_of_reading(
    among: tuple[Policy, ...], groups: frozenset[str], chance: object
) -> None:
    shuffled = list(among)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert winner(shuffled, groups) == winner(among, groups)


@given(policies(), st.frozensets(st.sampled_from(GROUPS)))
def test_no_other_policy_was_assigned_before_the_winner(among: tuple[Policy, ...], groups: frozenset[str]) -> None:
    first = winner(among, groups)
    claims = [(a.assigned_at, p.id) for p in among for a in p.assignments if a.group_id in groups]
    assert (first.id if first else None) == (min(claims)[1] if claims else None)
