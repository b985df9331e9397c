"""Story of the comparison of a tenant with its records, and of the removal of an orphan."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.contracts.inventory import (
    ADOPT,
    ASK_FOR_MACHINES,
    BEGIN_SCAN,
    COMPARE_RESOURCE_GROUP,
    DELETE_ORPHAN,
    FIND_MISSING,
    FIND_ORPHANS,
    RECORD_GONE,
    RECORD_REMOVAL,
    RECORD_SCAN,
    REMOVE_ORPHAN,
    SCAN_DIRECTORY,
    SCAN_HOST_POOL,
    SCAN_RESOURCE_GROUP,
    AdoptionTried,
    AreaScanned,
    Asked,
    Compared,
    GoneRecorded,
    MissingFound,
    RemovalOrder,
    ResourceGroup,
    Scanned,
    ScanOrder,
    ScanPlan,
)
from shared.contracts.outcomes import Done, Pending, Refused
from shared.domain.cloud_pcs.adopting import UnknownMachine
from shared.domain.cloud_pcs.orphans import Looked, Missing, OrphanType
from shared.domain.operations.machines_gone import Answer, KnownMachine
from tests.stories.tell import Answers, tell

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ORDER = ScanOrder(tenant_id="contoso")
REMOVAL = RemovalOrder(tenant_id="contoso", orphan_id="o-1", operation_id="op-1")
POOL = "/subscriptions/5ub/resourceGroups/deskwright-contoso/providers/x/hostPools/p"
PLAN = ScanPlan(
    resource_groups=(
        ResourceGroup(subscription_id="5ub", resource_group="cloud-pcs"),
        ResourceGroup(subscription_id="5ub", resource_group="old"),
    ),
    host_pool_ids=(POOL,),
)
SCANNED = AreaScanned(looked=Looked(area="somewhere", found=4, orphans=1))
ALL_SEEN: Answers = {
    BEGIN_SCAN: PLAN,
    SCAN_RESOURCE_GROUP: SCANNED,
    SCAN_HOST_POOL: SCANNED,
    SCAN_DIRECTORY: SCANNED,
    RECORD_SCAN: Scanned(),
    COMPARE_RESOURCE_GROUP: Compared(),
    ASK_FOR_MACHINES: Asked(),
    RECORD_GONE: GoneRecorded(),
    FIND_MISSING: MissingFound(),
    DELETE_ORPHAN: Done(),
    RECORD_REMOVAL: Done(),
}


def test_every_area_is_scanned_and_nothing_is_removed_without_being_allowed() -> None:
    story = tell(FIND_ORPHANS, ORDER, ALL_SEEN)

    assert story.calls == [
        "begin_scan",
        "compare_resource_group",
        "compare_resource_group",
        "find_missing",
        "scan_resource_group",
        "scan_resource_group",
        "scan_host_pool",
        "scan_directory",
        "record_scan",
    ]
    assert [o["resourceGroup"] for o in story.orders[SCAN_RESOURCE_GROUP.name]] == ["cloud-pcs", "old"]
    assert len(story.last(RECORD_SCAN)["lookedAt"]) == len(story.result.looked_at) == 5
    assert story.result.removed == 0


def test_an_area_that_cannot_be_scanned_is_listed_and_does_not_stop_the_rest() -> None:
    silent = Exception("UnavailableError: 503")
    refused = Refused(code="AuthorizationFailed", message="no right to read")
    story = tell(FIND_ORPHANS, ORDER, {**ALL_SEEN, SCAN_RESOURCE_GROUP: silent, SCAN_HOST_POOL: refused})

    problems = {each["area"]: each.get("problem") for each in story.last(RECORD_SCAN)["lookedAt"]}
    assert problems == {
        "/subscriptions/5ub/resourceGroups/cloud-pcs": "503",
        "/subscriptions/5ub/resourceGroups/old": "503",
        POOL: "AuthorizationFailed: no right to read",
        "somewhere": None,
        "shared": None,
    }


def known(number: int) -> KnownMachine:
    return KnownMachine(subject_id=f"pc{number}", vm_id=f"/subscriptions/5ub/vm{number}")


def answer(number: int, *, gone: bool) -> Answer:
    return Answer(machine=known(number), at=NOW, gone=gone, words="404 ResourceNotFound" if gone else "200")


def test_what_no_list_has_is_asked_for_and_what_is_gone_is_asked_for_again_before_anything_is_judged() -> None:
    script: Answers = {
        **ALL_SEEN,
        COMPARE_RESOURCE_GROUP: [Compared(absent=(known(1), known(2))), Compared()],
        ASK_FOR_MACHINES: Asked(answers=(answer(1, gone=True), answer(2, gone=False))),
        RECORD_GONE: GoneRecorded(subject_ids=("pc1",)),
    }
    story = tell(FIND_ORPHANS, ORDER, script)

    asked = ["ask_for_machines", "record_gone", "find_missing", "scan_resource_group"]
    assert story.calls[3:7] == asked
    assert [each["machine"]["subjectId"] for each in story.last(RECORD_GONE)["first"]] == ["pc1"]
    assert story.result.gone == 1


def unknown(subject: str, group: str = "a") -> UnknownMachine:
    return UnknownMachine(subject_id=subject, of_host=True, vm_id=f"/{group}/host-{subject}", computer_name="SPOT-1")


def test_of_several_machines_that_claim_to_be_one_none_is_adopted_and_a_person_decides() -> None:
    script: Answers = {
        **ALL_SEEN,
        COMPARE_RESOURCE_GROUP: [
            Compared(unknown=(unknown("h1"), unknown("h2"))),
            Compared(unknown=(unknown("h1", "b"), unknown("h3"))),
        ],
        ADOPT: [AdoptionTried(adopted=True), AdoptionTried(adopted=False, why_not="it is used", in_use=True)],
    }
    story = tell(FIND_ORPHANS, ORDER, script)

    assert [each["seen"]["subjectId"] for each in story.orders[ADOPT.name]] == ["h2", "h3"]
    told = story.last(SCAN_RESOURCE_GROUP)["adoptions"]
    assert set(told["declined"]) == set(told["conflicts"]) == {"h1", "h3"}
    assert "/a/host-h1, /b/host-h1" in told["declined"]["h1"]
    assert story.last(RECORD_SCAN)["compared"] is True


def test_nothing_is_recorded_as_gone_where_nothing_was_answered() -> None:
    silent = Exception("UnavailableError: 503")
    script: Answers = {**ALL_SEEN, COMPARE_RESOURCE_GROUP: Compared(absent=(known(1),)), ASK_FOR_MACHINES: silent}
    assert "record_gone" not in tell(FIND_ORPHANS, ORDER, script).calls
    refused = Refused(code="AuthorizationFailed", message="no right to read")
    story = tell(FIND_ORPHANS, ORDER, {**ALL_SEEN, COMPARE_RESOURCE_GROUP: refused, FIND_MISSING: silent})
    assert "ask_for_machines" not in story.calls
    problems = {each["area"]: each.get("problem") for each in story.last(RECORD_SCAN)["lookedAt"]}
    assert problems["shared"] == "503"


def test_what_is_missing_of_what_machines_share_is_recorded_with_the_scan() -> None:
    pool = Missing(type=OrphanType.HOST_POOL, resource_id=POOL, needed_by=2, evidence="404", advice="build", since=NOW)
    story = tell(FIND_ORPHANS, ORDER, {**ALL_SEEN, FIND_MISSING: MissingFound(missing=(pool,))})
    assert [each["resourceId"] for each in story.last(RECORD_SCAN)["missing"]] == [POOL]


def test_an_instance_of_the_release_before_compares_nothing() -> None:
    assert tell(FIND_ORPHANS, ORDER, ALL_SEEN, version="1.0").calls[:2] == ["begin_scan", "scan_resource_group"]


def test_a_tenant_that_is_gone_is_not_scanned() -> None:
    story = tell(FIND_ORPHANS, ORDER, {**ALL_SEEN, BEGIN_SCAN: Refused(code="tenantGone", message="gone")})

    assert story.calls == ["begin_scan"]


def test_what_the_setting_allows_goes_one_after_the_other_and_one_that_stays_stops_nothing() -> None:
    locked = Refused(code="ScopeLocked", message="a lock", final=True)
    script = {**ALL_SEEN, RECORD_SCAN: Scanned(removable=("o-1", "o-2")), DELETE_ORPHAN: [locked, Done()]}
    story = tell(FIND_ORPHANS, ORDER, script)

    assert story.calls[-4:] == ["delete_orphan", "record_removal", "delete_orphan", "record_removal"]
    first, second = story.orders[RECORD_REMOVAL.name]
    assert (first["refused"]["code"], "refused" in second) == ("ScopeLocked", False)
    assert story.result.removed == 1


def test_the_outcome_of_a_requested_removal_is_recorded() -> None:
    for outcome, code in (
        (Done(), None),
        (Pending(note="it is being deleted"), "notRemovedInTime"),
        (Exception("UnavailableError: 503"), "serviceUnavailable"),
    ):
        story = tell(REMOVE_ORPHAN, REMOVAL, {**ALL_SEEN, DELETE_ORPHAN: outcome})
        record = story.last(RECORD_REMOVAL)
        assert record["operationId"] == "op-1"
        assert record.get("refused", {}).get("code") == code
