"""After a restore the session hosts that were built since the export serve on under their sessions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.e2e.conftest import StartStack
from tests.e2e.office import SELDOM, Office
from tests.e2e.test_disaster import export, restore_and_compare, vm_ids
from tests.e2e.test_spot_engine import group, hosts, outcomes, ready, sign_in, spot_office

pytestmark = [pytest.mark.e2e, pytest.mark.long]


@pytest.mark.timeout(900)
def test_hosts_of_after_the_export_are_adopted_and_those_of_before_that_are_gone_end(start_stack: StartStack) -> None:
    stack = start_stack(users=1)
    office = Office(stack, stack.portal(), "hosts").open()
    group_id, users = spot_office(office, 2)
    (first,) = ready(office, group_id, 1)
    export(office)

    # After the export the only host is removed, its group builds another, and a user works there.
    place = f"{office.graph}/spotGroups/{group_id}/hosts/{first['id']}"
    office.finish(office.portal.ask("POST", f"{place}/remove"), look=SELDOM)
    (second,) = ready(office, group_id, 1)
    assert second["id"] != first["id"]
    sign_in(office, group_id, users[0])
    office.until(lambda: outcomes(office, group_id) == {"signedIn"}, says="the user is signed in")
    there = vm_ids(office)

    restore_and_compare(office)
    office.until(
        lambda: [(each["id"], each["status"]) for each in hosts(office, group_id)] == [(second["id"], "ready")],
        says="the host that is there is adopted, and the one that is not there ends",
        look=SELDOM,
    )
    (adopted,) = hosts(office, group_id)
    same = ("id", "computerName", "imageVersion", "size", "region")
    assert [adopted[name] for name in same] == [second[name] for name in same]
    office.pass_time(timedelta(minutes=10))
    assert vm_ids(office) == there  # no host was built beside it
    (adopted,) = hosts(office, group_id)
    assert adopted["activeSessions"] == 1
    sign_in(office, group_id, users[1])
    office.until(
        lambda: hosts(office, group_id)[0]["activeSessions"] == len(users), says="the other signs in there too"
    )
    assert outcomes(office, group_id) == {"signedIn"}
    office.finish(office.portal.ask("POST", f"{office.base}/orphans/scan"))
    assert office.portal.ask("GET", f"{office.base}/orphans").body["value"] == []
    assert group(office, group_id)["status"] == "available"
    assert office.invariants() == []
