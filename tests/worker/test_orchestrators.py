"""Every orchestrator, at every turn of whole stories, asks for the same under Microsoft's worker as under ours."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.builds import CLEAN_UP
from shared.contracts.calls import AWAIT_OUTCOME
from shared.contracts.connections import CHECK_CONNECTION, CHECK_GROUP, RUN_CHECK
from shared.contracts.definitions import Workflow
from shared.contracts.desktops import DEPROVISION
from shared.contracts.image_versions import BUILD_VERSION, REMOVE_VERSION, RUN_VERSION_ACTION, SEAL_VERSION
from shared.contracts.images import (
    BEGIN_CAPTURE,
    BUILD_IMAGE,
    DELETE_GALLERY_VERSION,
    RECORD_IMAGE_DELETED,
    REMOVE_IMAGE,
)
from shared.contracts.inventory import DELETE_ORPHAN, FIND_ORPHANS, REMOVE_ORPHAN
from shared.contracts.joining import POLL_DEVICE
from shared.contracts.machines import ALLOCATE_CAPACITY, BEGIN_VM, POLL_AGENT
from shared.contracts.outcomes import Done, NoCapacity, Pending, Refused
from shared.contracts.pools import PREPARE_MEMBER
from shared.contracts.provisioning import PROVISION, RECORD_RERUN, REPLACE, RERUN_STEPS
from shared.contracts.reconciling import (
    CLOSE_RECONCILE,
    RECONCILE,
    SETTLE_CHANGES,
    START_PROVISIONING,
    NewerRequest,
    Started,
)
from shared.contracts.remote_actions import BULK, NEXT_WAVE, RUN_REMOTE_ACTION, Wave
from shared.contracts.session_hosts import BEGIN_HOST_TASK, RUN_HOST_TASK
from shared.contracts.spot_groups import RECONCILE_SPOT_GROUP, RUN_SPOT_ENGINE
from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.values import Value
from tests.stories import hosts, probing
from tests.stories import test_await_outcome as waiting
from tests.stories import test_build_device_image as building
from tests.stories import test_check_connection as checking
from tests.stories import test_clean_up_cloud_pc as cleaning
from tests.stories import test_deprovision_cloud_pc as deprovisioning
from tests.stories import test_find_orphans as orphans
from tests.stories import test_image_versions as versions
from tests.stories import test_prepare_pool_member as preparing
from tests.stories import test_reconcile_spot_group as spot
from tests.stories import test_reconcile_tenant as reconciling
from tests.stories import test_remove_device_image as removing
from tests.stories import test_replace_cloud_pc as replacing
from tests.stories import test_rerun_steps as rerunning
from tests.stories import test_run_bulk_action as bulk
from tests.stories import test_run_remote_action as acting
from tests.stories import test_run_spot_engine as engine
from tests.stories import test_settle_changes as settling
from tests.stories.people import ALL_WELL, HYBRID, ORDER
from tests.stories.tell import Answers, Teller
from tests.worker.turn_by_turn import Failed, TurnByTurn
from tests.worker.workers import Workers, text

FULL = NoCapacity(code="AllocationFailed", message="no capacity")
BROKEN = Refused(code="VMExtensionProvisioningError", message="it did not work")
DOWN = Exception("UnavailableError: 503")
LATER = {"kind": "later", "after": 60.0}


def _performer(answers: Answers) -> Callable[[str, Any], Any]:
    teller = Teller(answers)

    def perform(name: str, given: dict[str, Any]) -> Any:
        if name == AWAIT_OUTCOME.name:
            name, order = given["activity"], given["payload"]
        else:
            order = given.get("order", given)
        try:
            return teller._scripted(name, order)
        except KeyError:
            raise
        except Exception as error:
            raise Failed(str(error)) from error

    return perform


def _play(workers: Workers, workflow: Workflow[Any, Any], order: Value, answers: Answers) -> TurnByTurn:
    perform = _performer(answers)
    play = TurnByTurn(workers, workflow.name, perform, perform)
    row = play.run(order.to_json())
    assert row.status == "Completed", row.failure
    return play


PARKS_AN_HOUR = ORDER.but(parking_limit=timedelta(hours=1))
CLOSED_LATER = [NewerRequest(), Done()]
ORCHESTRATORS: dict[str, tuple[Workflow[Any, Any], Value, Answers]] = {
    "provision": (PROVISION, ORDER, ALL_WELL),
    "provision, hybrid join": (PROVISION, HYBRID, ALL_WELL),
    "provision, no capacity anywhere": (PROVISION, PARKS_AN_HOUR, {**ALL_WELL, ALLOCATE_CAPACITY: FULL}),
    "provision, every attempt fails": (PROVISION, ORDER, {**ALL_WELL, POLL_DEVICE: BROKEN}),
    "provision, Azure is down": (PROVISION, ORDER, {**ALL_WELL, BEGIN_VM: DOWN}),
    "provision, throttled once": (PROVISION, ORDER, {**ALL_WELL, BEGIN_VM: [LATER, ALL_WELL[BEGIN_VM]]}),
    "replace": (REPLACE, replacing.FIRST, replacing.ALL_REPLACED),
    "replace, every attempt fails": (REPLACE, replacing.FIRST, {**replacing.ALL_REPLACED, POLL_DEVICE: BROKEN}),
    "prepare a pool member": (PREPARE_MEMBER, preparing.MEMBER, preparing.IN_POOL),
    "wait": (AWAIT_OUTCOME, waiting.ORDER, {POLL_AGENT: [Pending(), Pending(after=180), Done()]}),
    "wait, until the time is up": (AWAIT_OUTCOME, waiting.ORDER, {POLL_AGENT: Pending()}),
    "build an image": (BUILD_IMAGE, building.ORDER, building.SMOOTH),
    "build an image, refused": (BUILD_IMAGE, building.ORDER, {**building.SMOOTH, BEGIN_CAPTURE: BROKEN}),
    "check a connection": (CHECK_CONNECTION, checking.HOSTED, checking.HEALTHY),
    "check one group": (CHECK_GROUP, checking.AZURE, {RUN_CHECK: checking.CHECKED}),
    "probe a connection": (CHECK_CONNECTION, checking.OWN.but(probe=probing.HYBRID), checking.HEALTHY),
    "clean up": (CLEAN_UP, cleaning.ORDER, cleaning.ALL_GO),
    "reconcile": (RECONCILE, reconciling.ORDER, reconciling.QUIET),
    "reconcile, throttled": (
        RECONCILE, reconciling.ORDER, {**reconciling.QUIET, START_PROVISIONING: [LATER, Started(count=1)]},
    ),
    "reconcile, asked again": (RECONCILE, reconciling.ORDER, {**reconciling.QUIET, CLOSE_RECONCILE: CLOSED_LATER}),
    "restore": (RUN_REMOTE_ACTION, acting.ORDER.but(name=Remote.RESTORE), acting.SMOOTH),
    "troubleshoot": (RUN_REMOTE_ACTION, acting.ORDER.but(name=Remote.TROUBLESHOOT), acting.ILL),
    "deprovision": (DEPROVISION, deprovisioning.ORDER, deprovisioning.SMOOTH),
    "run a bulk action": (
        BULK, bulk.ORDER, {**bulk.ONE_WAVE, NEXT_WAVE: [bulk.ONE_WAVE[NEXT_WAVE], Wave()]},
    ),
    "remove an image": (
        REMOVE_IMAGE, removing.ORDER, {DELETE_GALLERY_VERSION: Done(), RECORD_IMAGE_DELETED: Done()},
    ),
    "find orphans": (FIND_ORPHANS, orphans.ORDER, orphans.ALL_SEEN),
    "remove an orphan": (REMOVE_ORPHAN, orphans.REMOVAL, {**orphans.ALL_SEEN, DELETE_ORPHAN: Done()}),
    "settle changes": (SETTLE_CHANGES, settling.ORDER, settling.QUIET),
    "build an image version": (BUILD_VERSION, versions.BY_RECIPE, versions.SMOOTH),
    "seal an image version": (SEAL_VERSION, versions.ORDER, versions.SMOOTH),
    "remove an image version": (REMOVE_VERSION, versions.ORDER, versions.SMOOTH),
    "connect to an image version": (RUN_VERSION_ACTION, versions.ACTION, versions.SMOOTH),
    "reconcile a Spot Group": (RECONCILE_SPOT_GROUP, spot.ORDER, spot.QUIET),
    "run the engine of a Spot Group": (RUN_SPOT_ENGINE, engine.ORDER, engine.QUIET),
    "build a session host": (RUN_HOST_TASK, hosts.order(), {**hosts.ALL_WELL, BEGIN_HOST_TASK: hosts.job()}),
    "run steps again": (RERUN_STEPS, rerunning.ORDER, {**ALL_WELL, RECORD_RERUN: Done()}),
}  # fmt: skip


@pytest.mark.parametrize("story", ORCHESTRATORS)
def test_both_return_the_same_actions_at_every_turn(deskwright: Workers, story: str) -> None:
    play = _play(deskwright, *ORCHESTRATORS[story])
    assert play.turns > 1


def test_every_orchestrator_of_the_app_is_run(deskwright: Workers) -> None:
    orchestrators = {
        name for one in deskwright.read[0]["functions"] if "context" in one["bindings"] for name in [one["name"]]
    }
    assert orchestrators == {workflow.name for workflow, _, _ in ORCHESTRATORS.values()}


def test_an_order_that_cannot_be_read_fails_with_the_same_words(deskwright: Workers) -> None:
    perform = _performer({})
    row = TurnByTurn(deskwright, PROVISION.name, perform, perform).run({"tenantId": "contoso"})
    assert row.status == "Failed"
    assert "validation errors for ProvisionOrder" in str(row.failure)


SHAPES: dict[str, tuple[str, Any, list[tuple[str, Any]]]] = {
    "one step": ("one_step", 3, []),
    "an input given back": ("given_back", {"a": ["ä", None, 1.5]}, []),
    "fan out": ("fan_out", 5, []),
    "ten steps": ("steps", 10, []),
    "a nap": ("naps", 30, []),
    "events": ("waits", ["a", "b"], [("a", {"one": 1}), ("b", '"two"')]),
    "an event beats a timer": ("race", {"seconds": 3600}, [("go", "now")]),
    "a timer that nothing beats": ("race", {"seconds": 60}, []),
    "a retry in task_any": ("retry_in_any", {"file": "no/such/folder/f"}, []),
    "retries": ("retries", {"file": "no/such/folder/f", "attempts": 3}, []),
    "continue as new": ("again", {"n": 1, "until": 3}, []),
    "one of five fails": ("one_fails", 0, []),
    "an orchestrator that raises": ("raises_after", None, []),
    "a missing activity": ("calls_missing", None, []),
    "a custom status": ("status_of", {"phase": [1, 2]}, []),
    "a version": ("versioned", None, []),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_both_agree_on_every_shape_with_its_real_activities(shapes: Workers, shape: str) -> None:
    name, given, events = SHAPES[shape]

    def activity(called: str, argument: Any) -> Any:
        reply = shapes.agreed(called, {_parameter(shapes, called): text(json.dumps(argument))})
        if "raised" in reply:
            raise Failed(reply["raised"])
        return json.loads(reply["returned"]["value"])

    def workflow(called: str, argument: Any) -> Any:
        raise AssertionError((called, argument))

    row = TurnByTurn(shapes, name, activity, workflow).run(given, events)
    assert row.status == ("Failed" if name in {"one_fails", "raises_after", "retries"} else "Completed")


def _parameter(workers: Workers, name: str) -> str:
    one = next(f for f in workers.read[0]["functions"] if f["name"] == name)
    names = [key for key, binding in one["bindings"].items() if binding["type"] == "activityTrigger"]
    return str(names[0])
