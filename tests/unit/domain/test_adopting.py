"""Adopting a machine that no record knows: when it is sure whose it is, and what becomes of the record."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.cloud_pcs.adopting import (
    Claimant,
    Sighting,
    UnknownMachine,
    adopted,
    contradictions,
    record_for,
    unknown,
)
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc, User
from shared.domain.cloud_pcs.lifecycle import Phase, Status
from shared.domain.machines.service_plan import size_ladder
from shared.domain.naming import cloud_pc_id
from shared.domain.operations.machines_gone import KnownMachine, gone_failure, lose_machine
from tests.integration import things

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADA, BOB = (User(id=f"id-{name}", user_principal_name=f"{name}@contoso.example") for name in ("ada", "bob"))
ID = cloud_pc_id(things.TENANT_ID, ADA.id, things.plan().id)
VM = f"/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/cpc-{ID}"
OLD, NEW = "CPC-ADA-OLD", "CPC-ADA-NEW"
MACHINE = UnknownMachine(subject_id=ID, vm_id=VM, computer_name=NEW)
SEEN = Sighting(
    resources=Resources(vm_id=VM, computer_name=NEW, session_host=NEW, host_pool_id="/pools/dw-contoso-personal-entra"),
    made_at=NOW - timedelta(hours=3),
    assigned_user=ADA.user_principal_name,
)
OWNER = Claimant(user=ADA, plans=(things.plan(),), snapshot=things.snapshot(), group_id="staff")


def pc(status: Status = Status.PROVISIONED, name: str | None = OLD, **changes: Any) -> CloudPc:
    made = things.cloud_pc("ada", status=status, snapshot=things.snapshot(), generation=5)
    resources = Resources(vm_id=VM, computer_name=name) if name else Resources()
    return made.with_current(resources=resources).but(id=ID, user=ADA, **changes)


def is_unknown(record: CloudPc | None, *, restored: bool = False, machine: UnknownMachine = MACHINE) -> bool:
    return unknown(machine, record, lambda vm_id: vm_id == machine.vm_id, restored=restored)


def test_what_a_record_knows_is_known_and_what_none_knows_is_not() -> None:
    assert not is_unknown(pc(name=NEW), restored=True)
    assert is_unknown(None)
    assert is_unknown(pc(name=OLD))  # built anew since the record was written
    beside = MACHINE.but(vm_id=f"{VM}-b")
    assert is_unknown(pc(), machine=beside)  # it has taken the place of the one that the record knows
    assert not unknown(beside, pc(), lambda _: True, restored=True)  # both are there: an orphan, or a build that runs


BEFORE_IT_WAS_BUILT = (Status.NOT_PROVISIONED, Status.PENDING_PROVISION, Status.PROVISIONING, Status.FAILED)


@pytest.mark.parametrize("status", [*BEFORE_IT_WAS_BUILT, Status.DEPROVISIONING])
def test_a_record_that_may_be_older_than_its_machine_asks_for_it_after_a_restore_only(status: Status) -> None:
    assert is_unknown(pc(status), restored=True)
    assert not is_unknown(pc(status))


def test_what_is_being_built_or_removed_under_its_own_name() -> None:
    assert is_unknown(pc(Status.PROVISIONING, NEW), restored=True)  # it may have come to its end since
    assert not is_unknown(pc(Status.PROVISIONING, NEW))
    assert not is_unknown(pc(Status.DEPROVISIONING, NEW), restored=True)  # it is the one that is being removed


def test_a_machine_that_was_gone_and_is_there_again_is_adopted() -> None:
    failure = gone_failure(KnownMachine(subject_id=ID, vm_id=VM), ((NOW, "404 ResourceNotFound: no"),))
    lost = lose_machine(pc(name=NEW), KnownMachine(subject_id=ID, vm_id=VM), failure, NOW)
    assert lost is not None
    assert lost.status is Status.FAILED
    assert is_unknown(lost)
    back = adopted(lost, SEEN, OWNER, NOW)
    assert (back.status, back.failure, back.current.clean_up_at) == (Status.PROVISIONED, None, None)


def why_not(sighting: Sighting = SEEN, claimant: Claimant | str = OWNER, record: CloudPc | None = None) -> str:
    return contradictions(MACHINE, sighting, claimant, record, things.TENANT_ID) or ""


def test_tags_assignment_user_and_licence_have_to_agree() -> None:
    other = things.plan(sku_id="sku-9")
    assert why_not() == ""
    assert "none of the tenant's host pools" in why_not(SEEN.but(resources=Resources(vm_id=VM)))
    assert "assigned to nobody" in why_not(SEEN.but(assigned_user=None))
    assert why_not(claimant="an unknown user") == "its desktop is assigned to ada@contoso.example, an unknown user"
    assert "does not have the licence" in why_not(claimant=OWNER.but(plans=()))
    assert "does not have the licence" in why_not(claimant=OWNER.but(plans=(other,)))
    assert "does not have the licence" in why_not(claimant=OWNER.but(user=BOB))
    assert "no provisioning policy" in why_not(claimant=OWNER.but(snapshot=None))


def test_the_user_of_a_record_has_to_agree_and_the_planner_judges_the_licence() -> None:
    assert why_not(claimant=OWNER.but(plans=(), snapshot=None), record=pc()) == ""
    assert "is that of ada@contoso.example" in why_not(claimant=OWNER.but(user=BOB), record=pc())


@pytest.mark.parametrize("status", BEFORE_IT_WAS_BUILT)
def test_an_adopted_machine_works_and_repeats_no_name(status: Status) -> None:
    after = adopted(pc(status), SEEN, OWNER, NOW)
    assert (after.status, after.current.phase) == (Status.PROVISIONED, Phase.BUILT)
    assert after.current.resources == SEEN.resources
    assert after.current.generation > pc().current.generation + 1_000
    later = adopted(after, SEEN, OWNER, NOW)
    assert later.current.generation == after.current.generation + 1


def test_in_a_grace_period_the_machine_changes_and_the_grace_period_does_not() -> None:
    before = pc(Status.IN_GRACE_PERIOD)
    after = adopted(before, SEEN, OWNER, NOW)
    assert (after.status, after.grace, after.current.resources) == (
        Status.IN_GRACE_PERIOD,
        before.grace,
        SEEN.resources,
    )


def test_a_machine_without_a_record_gets_one_for_its_user_and_licence() -> None:
    made = record_for(ID, things.TENANT_ID, SEEN, OWNER, NOW)
    assert (made.id, made.user, made.plan.id, made.status) == (ID, ADA, things.plan().id, Status.PROVISIONED)
    assert (made.current.group_id, made.provisioned_date_time) == ("staff", SEEN.made_at)
    with pytest.raises(ValueError, match="do not agree"):
        record_for("another", things.TENANT_ID, SEEN, OWNER, NOW)


def test_what_was_resized_is_adopted_with_the_licence_that_it_claims() -> None:
    small, large = things.plan(), things.plan().but(id="sku-2", v_cpu_count=8, ram_in_gb=32)
    resized = OWNER.but(plans=(small, large), claimed=frozenset({"sku-2"}))
    assert record_for(ID, things.TENANT_ID, SEEN, resized, NOW).plan == large
    only = resized.but(plans=(large,))
    assert contradictions(MACHINE, SEEN, only, None, things.TENANT_ID) is None
    assert contradictions(MACHINE, SEEN, only.but(claimed=frozenset()), None, things.TENANT_ID) is not None


@pytest.mark.parametrize("held", [0, 1])
def test_of_two_licences_that_are_swapped_the_size_of_the_machine_tells_which_it_has(held: int) -> None:
    plans = (things.plan(), things.plan().but(id="sku-2", v_cpu_count=8, ram_in_gb=32))
    swapped = OWNER.but(plans=plans, claimed=frozenset({"sku-1", "sku-2"}))
    size = size_ladder(plans[held])[0].name
    seen = SEEN.but(resources=SEEN.resources.but(size=size))
    assert record_for(ID, things.TENANT_ID, seen, swapped, NOW).plan == plans[held]
