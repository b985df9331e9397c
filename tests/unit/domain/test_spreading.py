"""Choice of the subscription in which a Cloud PC is built."""

from __future__ import annotations

from collections import Counter

import pytest

from shared.domain.cloud_pcs.cloud_pc import WAITING_TO_START, CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.networks.connection import JoinType, Network
from shared.domain.planning.plans import Plan
from shared.domain.planning.queueing import NO_RIGHTS_LEFT, open_places, places_of, rights_used, spread, subscription_of
from tests.integration import things

A, B, C = (f"00000000-0000-0000-0000-{letter * 12}" for letter in "abc")
CONNECTION = things.connection().id
AZURES_LIMIT = 4_000
LIMIT = things.tenant().settings.sign_in_rights_per_subscription


def planned(number: int, *, join: JoinType = JoinType.AZURE_AD_JOIN) -> CloudPc:
    pc = things.cloud_pc(f"u{number}", status=Status.PENDING_PROVISION, attempt=0, reason=WAITING_TO_START)
    snapshot = things.snapshot(connection_id=CONNECTION, join_type=join)
    return pc.but(id=f"{number:020x}").with_current(snapshot=snapshot)


def plan_of(*pcs: CloudPc) -> Plan:
    return Plan(provision=pcs, start=tuple(pc.id for pc in pcs))


def where(plan: Plan) -> Counter[str | None]:
    return Counter(pc.current.subscription_id for pc in plan.provision)


def test_five_thousand_of_one_tenant_stay_below_azures_limit_in_three_subscriptions() -> None:
    pcs = tuple(planned(number) for number in range(5_000))
    after = spread(plan_of(*pcs), {}, {CONNECTION: (A, B, C)}, Counter(), LIMIT)

    assert len(after.start) == 5_000
    assert set(where(after)) == {A, B, C}
    assert max(where(after).values()) * 2 <= LIMIT < AZURES_LIMIT
    assert rights_used(after.provision, {}) == {place: 2 * count for place, count in where(after).items()}


def test_where_no_right_is_left_a_build_waits_and_says_why() -> None:
    pcs = tuple(planned(number) for number in range(5))
    after = spread(plan_of(*pcs), {}, {CONNECTION: (A, B)}, Counter({A: 2}), 6)

    assert where(after) == {A: 2, B: 3}
    assert len(after.start) == 5
    full = spread(plan_of(*pcs), {}, {CONNECTION: (A, B)}, Counter({A: 4}), 6)
    (held,) = (pc for pc in full.provision if pc.id not in full.start)
    assert (held.current.reason, held.current.subscription_id) == (NO_RIGHTS_LEFT, None)

    again = Plan(waiting=(held.with_current(reason=WAITING_TO_START),), start=(held.id,))
    assert spread(again, {held.id: held}, {CONNECTION: (A,)}, Counter({A: 6}), 6).empty
    freed = spread(again, {held.id: held}, {CONNECTION: (A,)}, Counter({A: 4}), 6)
    assert (freed.start, freed.waiting[0].current.subscription_id) == ((held.id,), A)


def test_one_that_has_its_place_keeps_it() -> None:
    pc = planned(1).with_current(subscription_id=B)
    after = spread(Plan(start=(pc.id,)), {pc.id: pc}, {CONNECTION: (A, B)}, Counter({B: 6}), 6)
    assert (after.start, after.empty) == ((pc.id,), True)


def test_a_machine_that_a_domain_knows_needs_one_right_only() -> None:
    hybrid = [planned(number, join=JoinType.HYBRID_AZURE_AD_JOIN) for number in range(6)]
    after = spread(plan_of(*hybrid), {}, {CONNECTION: (A,)}, Counter(), 6)
    assert len(after.start) == 6


def test_a_machine_that_was_built_before_there_were_others_counts_where_it_is() -> None:
    old = things.cloud_pc(status=Status.PROVISIONED).with_current(snapshot=things.snapshot(connection_id=CONNECTION))
    assert rights_used([old], {CONNECTION: (A, B)}) == {A: 2}


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({}, (things.SUBSCRIPTION, B)),
        ({"subscription_id": C}, (C,)),
        ({"network": Network(virtual_network_id="/v", subnet_ids=("/s",))}, (things.SUBSCRIPTION,)),
    ],
)
def test_only_hosted_networks_of_the_tenants_own_are_in_every_subscription(
    changes: dict[str, object], places: tuple[str, ...]
) -> None:
    tenant = things.tenant(further_subscription_ids=(B,))
    connection = things.connection().but(network=Network()).but(**changes)
    assert places_of(tenant, connection) == places


def test_a_build_begins_in_no_subscription_that_the_checks_found_closed() -> None:
    tenant = things.tenant(further_subscription_ids=(B, C))
    connection = things.connection().but(network=Network(), closed_subscription_ids=(B,))
    offered = open_places(tenant, connection)
    waits = planned(1).with_current(subscription_id=B)
    moved = spread(Plan(start=(waits.id,)), {waits.id: waits}, {CONNECTION: offered}, Counter(), LIMIT)

    assert offered == (things.SUBSCRIPTION, C)
    assert [pc.current.subscription_id for pc in moved.waiting] == [things.SUBSCRIPTION]


def test_a_build_is_made_where_it_was_given_a_place_unless_its_connection_has_moved() -> None:
    tenant, connection = things.tenant(further_subscription_ids=(B,)), things.connection().but(network=Network())
    build = planned(1).with_current(subscription_id=B).current
    assert subscription_of(build, tenant, connection) == B
    assert subscription_of(build, tenant, connection.but(subscription_id=C)) == C
