"""Image sets and their versions over HTTP: made, customised, sealed, tested, replicated, deleted."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.portal import Answer
from tests.e2e.conftest import StartStack
from tests.e2e.office import SELDOM, Office
from tests.e2e.queues import texts
from tests.e2e.test_secrets import database, files, rows

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
Json = dict[str, Any]
POOLED = "microsoftwindowsdesktop_office-365_win11-24h2-avd-m365"
PERSONAL = "microsoftwindowsdesktop_windows-11_win11-24h2-ent"
PASSWORD = "Chosen-by-the-caller-7"
CALLER = "20.50.2.10"
RECIPE = {"steps": [{"name": "Fonts", "script": "Get-Date"}, {"name": "7-Zip", "packageId": "7zip.7zip"}]}
KILLS = 10
WAYS_IN = "Microsoft.Network/publicIPAddresses"
IN_GALLERY = "Microsoft.Compute/galleries/images/versions"


def set_form(name: str = "Teachers", **steps: Any) -> Json:
    source = {"hostPoolType": "pooled", "galleryImageId": POOLED}
    return {"site": {"siteId": "main"}, "source": source, "detail": {"displayName": name}, **steps}


def new_set(office: Office, name: str = "Teachers", **steps: Any) -> Json:
    answer = office.portal.ask("POST", f"{office.base}/wizards/create-image-set", set_form(name, **steps))
    made: Json = answer.body
    return made


def new_version(office: Office, set_id: str, **steps: Any) -> Answer:
    form = {"set": {"imageSetId": set_id}, **steps}
    return office.portal.ask("POST", f"{office.base}/wizards/create-image-version", form)


def versions(office: Office, set_id: str) -> list[Json]:
    return list(office.portal.pages(f"{office.graph}/imageSets/{set_id}/versions"))


def version(office: Office, set_id: str, number: str) -> Json:
    found: Json = office.portal.ask("GET", f"{office.graph}/imageSets/{set_id}/versions/{number}").body
    return found


def on(office: Office, set_id: str, number: str, verb: str, body: object = None) -> Answer:
    return office.portal.ask("POST", f"{office.graph}/imageSets/{set_id}/versions/{number}/{verb}", body)


def addresses(office: Office) -> list[Json]:
    """The public addresses of temporary machines."""
    return [each for each in office.machines(WAYS_IN) if each["id"].rpartition("/")[2].startswith("ver-")]


def rules(office: Office) -> list[Json]:
    """The security rules of the tenant's groups that are not built in."""
    groups = office.machines("Microsoft.Network/networkSecurityGroups")
    return [rule for group in groups for rule in group["body"]["properties"].get("securityRules", [])]


def office_of_its_own(start_stack: StartStack) -> Office:
    """Open a tenant on a stack where days pass quickly: on the shared one each minute is that of every Spot Group."""
    stack = start_stack(users=0)
    return Office(stack, stack.portal(), "days").open()


def test_a_version_is_customised_by_hand_sealed_tested_and_deleted_and_leaves_nothing(open_office: OpenOffice) -> None:
    office = open_office()
    made = new_set(office, notes={"notes": "for the schools"})
    first = versions(office, made["id"])
    begun = new_version(office, made["id"], notes={"notes": "with Office"})
    number = "0.0.1"
    office.finish(begun, look=SELDOM)
    customized = version(office, made["id"], number)
    connected = office.finish(on(office, made["id"], number, "connect", {"password": PASSWORD, "address": CALLER}))
    (address,), (rule,) = addresses(office), rules(office)
    opened = version(office, made["id"], number)
    office.finish(on(office, made["id"], number, "reboot"))
    unconfirmed = office.portal.send(
        "POST", f"{office.graph}/imageSets/{made['id']}/versions/{number}/seal", {"confirm": "yes"}
    )
    office.finish(on(office, made["id"], number, "seal", {"confirm": number}), look=SELDOM)
    available = version(office, made["id"], number)

    assert [(each["version"], each["status"]) for each in first] == [("0.0.0", "available")]
    assert (customized["status"], customized["notes"][0]["text"]) == ("customizing", "with Office")
    assert connected["result"]["publicAddress"] == opened["access"]["publicAddress"]
    assert address["body"]["properties"]["ipAddress"] == opened["access"]["publicAddress"]
    inside = rule["properties"]
    assert (inside["sourceAddressPrefix"], inside["destinationPortRange"]) == (f"{CALLER}/32", "3389")
    assert unconfirmed.status == 400
    assert (available["status"], available["validated"], available["access"]) == ("available", True, None)
    assert (office.machines(), addresses(office), rules(office)) == ([], [], [])
    (captured,) = office.machines(IN_GALLERY)
    profile = captured["body"]["properties"]["publishingProfile"]
    assert (profile["excludeFromLatest"], profile["targetRegions"][0]["regionalReplicaCount"]) == (False, 3)

    kept = office.portal.send("DELETE", f"{office.graph}/imageSets/{made['id']}")
    office.finish(office.portal.ask("DELETE", f"{office.graph}/imageSets/{made['id']}/versions/{number}"))
    office.portal.ask("DELETE", f"{office.graph}/imageSets/{made['id']}")

    assert kept.body["error"]["innerError"]["inTheWay"] == {"imageVersions": [number]}
    assert (office.machines(IN_GALLERY), office.invariants()) == ([], [])
    assert list(office.portal.pages(f"{office.graph}/imageSets")) == []


def customized(office: Office) -> str:
    """Make a set with a version that can be customised; return the set's id."""
    set_id = str(new_set(office)["id"])
    office.finish(new_version(office, set_id), look=SELDOM)
    return set_id


def test_a_way_in_closes_by_itself_when_its_time_is_over(open_office: OpenOffice) -> None:
    office = open_office()
    set_id = customized(office)
    form = {"password": PASSWORD, "address": CALLER, "minutes": 30}
    office.finish(on(office, set_id, "0.0.1", "connect", form))
    assert rules(office)
    office.pass_time(timedelta(minutes=35))
    office.until(lambda: not rules(office) and not addresses(office), says="the way in is closed")
    office.until(lambda: version(office, set_id, "0.0.1")["access"] is None, says="the record says so")

    stack = office.stack
    history = [text for path in stack.folder.glob("host.db") for text in database(path)]
    places = [*rows(stack), *history, *((f"queue {name}", text) for name, text in texts(stack)), *files(stack)]
    assert [where for where, text in places if PASSWORD in text] == []
    assert any(set_id in text for _, text in places)


@pytest.mark.long
@pytest.mark.timeout(1_200)
def test_a_machine_that_is_customised_is_off_after_three_days_and_connect_starts_it(start_stack: StartStack) -> None:
    office = office_of_its_own(start_stack)
    set_id = customized(office)
    office.finish(on(office, set_id, "0.0.1", "connect", {"password": PASSWORD, "address": CALLER, "minutes": 480}))
    until = datetime.fromisoformat(version(office, set_id, "0.0.1")["shutDownDateTime"])
    assert timedelta(hours=71) < until - office.stack.clock.now() <= timedelta(hours=72)

    office.pass_time_to(until - timedelta(minutes=5))
    assert office.powers() == ["running"]
    office.until(lambda: office.powers() == ["deallocated"], says="the machine is off")
    office.until(lambda: version(office, set_id, "0.0.1")["running"] is None, says="the shutdown is over")
    off = version(office, set_id, "0.0.1")
    assert (off["status"], off["shutDownDateTime"], off["access"]) == ("customizing", None, None)
    assert (rules(office), addresses(office)) == ([], [])

    office.finish(on(office, set_id, "0.0.1", "connect", {"password": PASSWORD, "address": CALLER}))
    again = version(office, set_id, "0.0.1")
    assert office.powers() == ["running"]
    assert datetime.fromisoformat(again["shutDownDateTime"]) > until
    assert again["access"]["publicAddress"] == addresses(office)[0]["body"]["properties"]["ipAddress"]
    office.finish(on(office, set_id, "0.0.1", "seal", {"confirm": "0.0.1"}), look=SELDOM)
    assert version(office, set_id, "0.0.1")["status"] == "available"
    assert (office.machines(), addresses(office), rules(office)) == ([], [], [])


@pytest.mark.long
def test_a_recipe_builds_versions_without_hands_also_every_month(start_stack: StartStack) -> None:
    office = office_of_its_own(start_stack)
    moment = office.stack.clock.now() + timedelta(hours=4)
    while moment.day > 28:
        moment += timedelta(days=1)
    schedule = {"dayOfMonth": moment.day, "hour": moment.hour}
    set_id = new_set(office, recipe={**RECIPE, "schedule": schedule})["id"]
    built = office.finish(new_version(office, set_id, customization={"byRecipe": True}), look=SELDOM)
    by_hand = version(office, set_id, "0.0.1")
    office.pass_time_to(moment)
    office.until(
        lambda: [each["status"] for each in versions(office, set_id)] == ["available"] * 3,
        says="the schedule has built the next version",
        look=SELDOM,
    )

    assert (built["status"], by_hand["status"], by_hand["byRecipe"]) == ("succeeded", "available", True)
    assert [each["version"] for each in versions(office, set_id)] == ["0.0.2", "0.0.1", "0.0.0"]
    assert office.machines() == []


@pytest.mark.parametrize(
    "step", ["generalize", *(pytest.param(step, marks=pytest.mark.long) for step in ("installPackage", "checkJoin"))]
)
def test_what_fails_on_the_way_fails_the_version_with_its_evidence_and_leaves_nothing(
    open_office: OpenOffice, step: str
) -> None:
    office = open_office()
    set_id = new_set(office, recipe=RECIPE)["id"]
    begun = new_version(office, set_id, customization={"byRecipe": True})
    version_id = begun.body["resourceId"]
    outcomes = [{"vm": f"ver-{version_id}", "step": step, "message": "an app is in the way"}]
    office.stack.tell_cloud("config", {"scriptOutcomes": outcomes})
    office.until(lambda: office.portal.is_over(begun), says="it is over", look=SELDOM)
    office.stack.tell_cloud("config", {"scriptOutcomes": []})
    failed = version(office, set_id, "0.0.1")

    assert failed["status"] == "failed"
    assert "an app is in the way" in str(failed["failure"])
    assert (office.machines(), office.machines(IN_GALLERY), office.invariants()) == ([], [], [])


def test_a_global_set_goes_to_the_regions_of_all_sites_and_has_no_other_version_before(
    open_office: OpenOffice,
) -> None:
    office = open_office()
    office.site("east", region="northeurope")
    made = new_set(office, "Everywhere", site={"isGlobal": True})
    assert version(office, made["id"], "0.0.0")["status"] == "available"
    assert (office.machines(), office.machines(IN_GALLERY)) == ([], [])

    local = new_set(office, site={"siteId": "east"}, recipe=RECIPE)["id"]
    office.finish(new_version(office, local, customization={"byRecipe": True}), look=SELDOM)
    source = {"hostPoolType": "pooled", "galleryVersionId": version(office, local, "0.0.1")["galleryVersionId"]}
    form = set_form("Copies", site={"isGlobal": True}, source=source)
    begun = office.portal.ask("POST", f"{office.base}/wizards/create-image-set", form)
    set_id = begun.body["resourceId"]
    replicating = version(office, set_id, "0.0.0")["status"]
    body = {"set": {"imageSetId": set_id}}
    early = office.portal.send("POST", f"{office.base}/wizards/create-image-version", body)
    office.finish(begun, look=SELDOM)
    first = version(office, set_id, "0.0.0")

    assert (replicating, early.status) == ("replicating", 409)
    assert "readyAt" in early.body["details"]
    assert (first["status"], sorted(first["regions"])) == ("available", ["northeurope", "westeurope"])
    assert new_version(office, set_id).status == 202


def kill_during(office: Office, begun: Answer, chance: random.Random, most: int = KILLS) -> int:
    """Kill the host at random moments until the operation is over, *most* times at most; return how often."""
    for kills in range(most):
        if office.portal.is_over(begun):
            return kills
        time.sleep(chance.uniform(0.05, 0.6))
        office.stack.host.kill()
        office.stack.start_host()
    return most


@pytest.mark.long
def test_kills_while_somebody_connects_and_seals_leave_no_way_in_and_no_password(start_stack: StartStack) -> None:
    chance = random.Random(4)
    stack = start_stack(users=0, seed=4)
    office = Office(stack, stack.portal(), "acme").open()
    set_id = customized(office)
    connecting = on(office, set_id, "0.0.1", "connect", {"password": PASSWORD, "address": CALLER})
    assert kill_during(office, connecting, chance, 3) == 3
    assert office.finish(connecting)["status"] == "succeeded"
    opened = version(office, set_id, "0.0.1")
    (address,), (rule,) = addresses(office), rules(office)
    assert address["body"]["properties"]["ipAddress"] == opened["access"]["publicAddress"]
    assert rule["properties"]["sourceAddressPrefix"] == f"{CALLER}/32"
    assert [where for where, text in rows(stack) if PASSWORD in text] == []

    sealing = on(office, set_id, "0.0.1", "seal", {"confirm": "0.0.1"})
    assert kill_during(office, sealing, chance, 6) == 6
    assert office.finish(sealing, look=SELDOM)["status"] == "succeeded"
    sealed = version(office, set_id, "0.0.1")
    assert (sealed["status"], sealed["validated"], sealed["access"]) == ("available", True, None)
    assert (office.machines(), addresses(office), rules(office)) == ([], [], [])
    assert (len(office.machines(IN_GALLERY)), office.invariants()) == (1, [])


@pytest.mark.long
def test_kills_at_random_moments_cost_no_version(start_stack: StartStack) -> None:
    chance = random.Random(3)
    stack = start_stack(users=0, seed=3)
    office = Office(stack, stack.portal(), "acme").open()
    set_id = new_set(office, recipe=RECIPE)["id"]
    begun = new_version(office, set_id, customization={"byRecipe": True})
    assert kill_during(office, begun, chance) == KILLS
    office.until(lambda: office.portal.is_over(begun), says="it is over", look=SELDOM)

    assert version(office, set_id, "0.0.1")["status"] == "available"
    assert (office.machines(), len(office.machines(IN_GALLERY)), office.invariants()) == ([], 1, [])
