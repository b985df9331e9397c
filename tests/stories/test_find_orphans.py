"""What happens when a tenant is compared with its records, and when an orphan goes."""

from __future__ import annotations

from orchestrators import find_orphans as _registered  # noqa: F401 - registers the stories
from shared.contracts.orphans import (
    BEGIN_SCAN,
    FIND_ORPHANS,
    POLL_DIRECTORY,
    POLL_PLACE,
    POLL_POOL,
    RECORD_REMOVAL,
    RECORD_SCAN,
    REMOVE_ORPHAN,
    TAKE_AWAY,
    LookedAt,
    Place,
    RemovalOrder,
    Scanned,
    ScanOrder,
    ScanPlan,
)
from shared.contracts.outcomes import Done, Pending, Refused
from shared.domain.orphans import Looked
from tests.stories.tell import Answers, tell

ORDER = ScanOrder(tenant_id="contoso")
REMOVAL = RemovalOrder(tenant_id="contoso", orphan_id="o-1", operation_id="op-1")
POOL = "/subscriptions/5ub/resourceGroups/deskwright-contoso/providers/x/hostPools/p"
PLAN = ScanPlan(
    places=(
        Place(subscription_id="5ub", resource_group="cloud-pcs"),
        Place(subscription_id="5ub", resource_group="old"),
    ),
    host_pool_ids=(POOL,),
)
LOOKED = LookedAt(looked=Looked(area="somewhere", found=4, orphans=1))
ALL_SEEN: Answers = {
    BEGIN_SCAN: PLAN,
    POLL_PLACE: LOOKED,
    POLL_POOL: LOOKED,
    POLL_DIRECTORY: LOOKED,
    RECORD_SCAN: Scanned(),
    TAKE_AWAY: Done(),
    RECORD_REMOVAL: Done(),
}


def test_every_place_is_looked_at_and_nothing_is_removed_unasked() -> None:
    story = tell(FIND_ORPHANS, ORDER, ALL_SEEN)

    assert story.calls == [
        "begin_scan",
        "poll_place",
        "poll_place",
        "poll_pool",
        "poll_directory",
        "record_scan",
    ]
    assert [o["resourceGroup"] for o in story.orders[POLL_PLACE.name]] == ["cloud-pcs", "old"]
    assert len(story.last(RECORD_SCAN)["lookedAt"]) == len(story.result.looked_at) == 4
    assert story.result.removed == 0


def test_what_cannot_be_looked_at_is_said_and_does_not_stop_the_rest() -> None:
    silent = Exception("UnavailableError: 503")
    refused = Refused(code="AuthorizationFailed", message="no right to read")
    story = tell(FIND_ORPHANS, ORDER, {**ALL_SEEN, POLL_PLACE: silent, POLL_POOL: refused})

    said = {each["area"]: each.get("problem") for each in story.last(RECORD_SCAN)["lookedAt"]}
    assert said == {
        "/subscriptions/5ub/resourceGroups/cloud-pcs": "UnavailableError: 503",
        "/subscriptions/5ub/resourceGroups/old": "UnavailableError: 503",
        POOL: "AuthorizationFailed: no right to read",
        "somewhere": None,
    }


def test_a_tenant_that_is_gone_is_not_looked_at() -> None:
    story = tell(FIND_ORPHANS, ORDER, {**ALL_SEEN, BEGIN_SCAN: Refused(code="tenantGone", message="gone")})

    assert story.calls == ["begin_scan"]


def test_what_the_setting_allows_goes_one_after_the_other_and_one_that_stays_stops_nothing() -> None:
    locked = Refused(code="ScopeLocked", message="a lock", final=True)
    script = {**ALL_SEEN, RECORD_SCAN: Scanned(removable=("o-1", "o-2")), TAKE_AWAY: [locked, Done()]}
    story = tell(FIND_ORPHANS, ORDER, script)

    assert story.calls[-4:] == ["take_away", "record_removal", "take_away", "record_removal"]
    first, second = story.orders[RECORD_REMOVAL.name]
    assert (first["refused"]["code"], "refused" in second) == ("ScopeLocked", False)
    assert story.result.removed == 1


def test_whoever_asked_is_told_what_became_of_it() -> None:
    for outcome, code in (
        (Done(), None),
        (Pending(note="it is being deleted"), "notRemovedInTime"),
        (Exception("UnavailableError: 503"), "serviceUnavailable"),
    ):
        story = tell(REMOVE_ORPHAN, REMOVAL, {**ALL_SEEN, TAKE_AWAY: outcome})
        record = story.last(RECORD_REMOVAL)
        assert record["operationId"] == "op-1"
        assert record.get("refused", {}).get("code") == code
