"""Record the histories of the orchestrators as they are now: ``python -m tests.replay.record [CASE ...]``.

Histories are recorded from a run of the whole service, so that their orders and outcomes are those of real activities:
the end-to-end tests of ``TESTS`` run, and ``CASES`` says which instance of their hosts each history is. Some minutes.

Do it before you change a released orchestrator, with a new version, and never to make a history of a released one fit
(CONTRIBUTING.md). With the names of cases only these are written; ``--test TEST`` (as often as wanted) runs these
end-to-end tests instead of all, and ``--from FOLDER`` none: it takes the hosts of an earlier run.

An instance that a later one of the same id replaces, as each run of an engine is, leaves no history behind. Those are
read while the tests run, ten times a second.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any

ROOT = Path(__file__).parents[2]
HISTORIES = Path(__file__).parent / "histories"
RUN = ROOT / ".run" / "replay"
_EXECUTION_COMPLETED = 1
_LOOK_EVERY_SECONDS = 0.1

Record = dict[str, Any]


def released_versions() -> set[str]:
    """Return the versions of the releases whose histories are kept."""
    names: dict[str, str] = json.loads((HISTORIES.parent / "released.json").read_text())
    return {name.split("-")[1] for name in names}


@dataclass(frozen=True)
class Case:
    """A history to keep: of the longest completed instance that called all of *calls*, none of *without*.

    *does*: the procedure that its order chooses (``task``, ``name``). *output*: what its outcome says.
    """

    orchestrator: str
    name: str = "all-well"
    calls: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    does: str = ""
    output: str = ""

    def path(self, version: str) -> Path:
        """Return the file of the case's history."""
        return HISTORIES / f"{self.orchestrator}-{version}-{self.name}.json"

    def fits(self, record: Record) -> bool:
        """Whether *record* is such an instance."""
        history = json.dumps(record["history"])
        return (
            record["orchestrator"] == self.orchestrator
            and all(call in history for call in self.calls)
            and not any(call in history for call in self.without)
            and (not self.does or self.does in chosen(record).values())
            and self.output in json.dumps(record["output"])
        )


def chosen(record: Record) -> Record:
    """Return the order of an instance."""
    order: Record = json.loads(record["input"]) if isinstance(record["input"], str) else record["input"]
    return order


CASES = (
    Case("await_outcome"),
    Case("build_device_image", output="ready"),
    Case("build_image_version", "by-hand", output="customizing"),
    Case("build_image_version", "by-recipe", calls=("begin_recipe_step",), output="available"),
    Case("build_image_version", "failed", calls=("begin_recipe_step",), output="failed"),
    Case("check_connection", calls=("begin_domain_join", "delete_device")),
    Case("check_group"),
    Case("clean_up_cloud_pc", "domain-account", calls=("begin_disable", "record_account")),
    Case("clean_up_cloud_pc", "before-an-attempt", without=("begin_disable", "record_cleaned")),
    Case("deprovision_cloud_pc", "not-now"),  # the last run of its instance: a due row starts it once more
    Case("find_orphans", without=("delete_orphan",)),
    Case("find_orphans", "removed-by-setting", calls=("delete_orphan", "record_removal")),
    Case("provision_cloud_pc", without=("clean_up_cloud_pc", "recognize_machine"), output="provisioned"),
    Case("provision_cloud_pc", "resumed", calls=("recognize_machine",), output="provisioned"),
    Case("provision_cloud_pc", "retried-by-hand", calls=("clean_up_cloud_pc",), output="provisioned"),
    Case("reconcile_spot_group", calls=("revoke_spot_members", "grant_spot_members")),
    Case("reconcile_tenant", calls=("start_provisioning",)),
    Case("remove_device_image", output="done"),
    Case("remove_image_version", output="done"),
    Case("remove_orphan", calls=("record_removal",)),
    Case("replace_cloud_pc", output="provisioned"),
    Case("rerun_steps"),
    Case("run_bulk_action", "one-wave"),
    Case("run_remote_action", "change-account-type", does="changeUserAccountType", output="succeeded"),
    Case("run_remote_action", "create-snapshot", does="createSnapshot", output="succeeded"),
    Case("run_remote_action", "delete-snapshots", does="deleteSnapshots"),
    Case("run_remote_action", "power-off", does="powerOff", output="succeeded"),
    Case("run_remote_action", "power-on", does="powerOn", output="succeeded"),
    Case("run_remote_action", "reboot", does="reboot", output="succeeded"),
    Case("run_remote_action", "resize-rolled-back", calls=("begin_resize",), output="failed"),
    Case("run_remote_action", "restore", calls=("begin_swap",), output="succeeded"),
    Case("run_remote_action", "troubleshoot", does="troubleshoot", output="succeeded"),
    Case("run_version_action", "connect", calls=("begin_administrator", "forget_secret"), output="succeeded"),
    Case("run_version_action", "disconnect", without=("begin_administrator", "begin_restart", "begin_deallocate")),
    Case("run_version_action", "reboot", does="reboot", output="succeeded"),
    Case("run_version_action", "shut-down", does="shutDown", output="succeeded"),
    Case("seal_image_version", output="available"),
    Case("settle_changes"),
    Case("run_host_task", "build", calls=("begin_vm", "begin_registration")),
    Case("run_host_task", "build-dedicated", does="build", calls=("give_host",), output="done"),
    Case("run_host_task", "build-in-a-domain", does="build", calls=("begin_domain_join",), output="done"),
    Case("run_host_task", "remove", calls=("begin_vm_delete",), without=('begin_vm"', "revoke_host", "begin_disable")),
    Case("run_host_task", "remove-dedicated", does="remove", calls=("revoke_host",), output="done"),
    Case("run_host_task", "remove-from-a-domain", does="remove", calls=("begin_disable",), output="done"),
    Case("run_host_task", "start", does="start", output="done"),
    Case("run_host_task", "stop", does="stop", calls=("begin_deallocate",), without=("open_host",), output='"done"'),
    Case("run_host_task", "stop-kept", does="stop", calls=("begin_deallocate", "open_host"), output='"done"'),
    Case("run_host_task", "hibernate", does="hibernate", calls=("begin_hibernate", "open_host"), output='"done"'),
    Case("run_host_task", "restart", does="restart", calls=("close_host", "begin_restart")),
    Case("run_host_task", "restart-by-hand", does="restart", without=("close_host",), output='"done"'),
    Case("run_host_task", "configure", does="configure", calls=("begin_start", "open_host"), output='"done"'),
    Case("run_host_task", "sign-off", does="signOff", output='"done"'),
    Case("run_spot_engine", "last-run", without=("take_host_steps",)),
    Case("run_spot_engine", "balancing", calls=("balance_spot_pool",)),
    Case("run_spot_engine", "keeps-a-host", calls=("userLeft", "take_host_steps")),
    Case("run_spot_engine", "steps", calls=("take_host_steps",), without=("balance_spot_pool", "userLeft")),
)

TESTS = (
    "test_actions.py",
    "test_bulk.py::test_grace_periods_of_many_are_ended_in_waves_after_a_dry_run",
    "test_changes.py::test_many_messages_at_once_neither_lose_nor_double_anything",
    "test_connections.py::test_the_probe_s_computer_is_forgotten_once_its_device_has_come",
    "test_graph_surface.py::test_a_device_image_is_built_renamed_and_deleted_once_nothing_uses_it",
    "test_image_sets.py::test_a_recipe_builds_versions_without_hands_also_every_month",
    "test_image_sets.py::test_a_version_is_customised_by_hand_sealed_tested_and_deleted_and_leaves_nothing",
    "test_image_sets.py::test_a_way_in_closes_by_itself_when_its_time_is_over",
    "test_image_sets.py::test_what_fails_on_the_way_fails_the_version_with_its_evidence_and_leaves_nothing",
    "test_host_kinds.py::test_a_host_of_a_domain_joins_it_and_its_account_is_disabled_when_it_goes",
    "test_host_kinds.py::test_a_host_of_a_users_own_hibernates_with_the_session_and_wakes_with_it",
    "test_host_kinds.py::test_an_evicted_low_priority_host_is_missed_started_again_and_told",
    "test_host_kinds.py::test_broken_hosts_are_repaired_and_replaced_one_at_a_time",
    "test_host_kinds.py::test_the_host_of_who_left_is_kept_and_theirs_again_or_goes",
    "test_spot_settings.py::test_settings_reach_hosts_that_are_there_and_the_profiles_only_when_nobody_works",
    "test_image_sets.py::test_a_machine_that_is_customised_is_off_after_three_days_and_connect_starts_it",
    "test_orphans.py",
    "test_restore_points.py",
    "test_replacing.py::test_the_user_goes_on_until_another_machine_takes_the_place_of_his",
    "test_resize.py::test_without_hardware_it_keeps_its_size_says_so_and_is_resized_later",
    "test_rule_4_post_provisioning.py::test_running_the_failed_step_again_gives_provisioned",
    "test_rule_6_retry.py::test_a_retry_by_hand_has_three_attempts_under_the_policy_that_wins_today",
    "test_rule_6_retry.py::test_the_next_attempt_goes_on_with_the_machine_that_is_there",
    "test_rule_9_grace.py::test_at_the_end_the_user_is_signed_off_and_nothing_is_left",
    "test_session_hosts.py::test_each_dedicated_host_is_one_members",
    "test_spot_engine.py::test_a_group_s_schedule_distributes_sessions_as_its_phase_says",
    "test_spot_engine.py::test_an_operator_sees_hosts_and_sessions_and_acts_on_them",
    "test_spot_engine.py::test_an_immediate_release_moves_users_after_notice_to_hosts_that_work",
    "test_spot_groups.py::test_a_group_builds_its_hosts_and_leaves_nothing_when_it_is_deleted",
    "test_spot_groups.py::test_the_first_members_have_a_place_and_the_others_wait",
)
"""End-to-end tests whose hosts have an instance of every case."""


REPLACED = ("run_spot_engine", "reconcile_spot_group", "reconcile_tenant", "settle_changes")
"""Orchestrators whose instances are replaced by later ones of the same id."""


def run(tests: Sequence[str]) -> list[Record]:
    """Run the tests; their hosts are kept below ``RUN``. Return the instances of REPLACED that were seen meanwhile."""
    rmtree(RUN, ignore_errors=True)  # not by pytest: the hosts of an earlier run would be read while they go
    RUN.parent.mkdir(exist_ok=True)
    options = ["-q", "-p", "no:randomly", f"--basetemp={RUN}", "-o", "tmp_path_retention_policy=all"]
    command = [sys.executable, "-m", "pytest", *options, *(f"tests/e2e/{test}" for test in tests)]
    seen: dict[str, Record] = {}
    with subprocess.Popen(command, cwd=ROOT) as running:
        while (ended := _ended(running)) is None:
            for db in RUN.rglob("host.db"):
                with suppress(sqlite3.Error):  # a host that has just been started, or ends
                    seen |= {json.dumps(each): each for each in recorded(db, REPLACED)}
    if ended != 0:
        sys.exit(f"the tests failed with {ended}")
    return list(seen.values())


def _ended(running: subprocess.Popen[bytes]) -> int | None:
    try:
        return running.wait(timeout=_LOOK_EVERY_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def recorded(db: Path, names: Sequence[str] = ()) -> Iterator[Record]:
    """Yield every completed instance in a host's store, of *names* only if there are any; the longest first."""
    with closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as store:
        rows = store.execute(
            "SELECT id, execution_id, name, version, input, output FROM instance WHERE status = 'Completed'"
            " AND (? OR name IN (SELECT value FROM json_each(?))) ORDER BY n_hist DESC, id",
            (not names, json.dumps(names)),
        ).fetchall()
        for instance_id, execution_id, name, version, order, outcome in rows:
            bodies = store.execute(
                "SELECT body FROM history WHERE id = ? AND execution_id = ? ORDER BY seq", (instance_id, execution_id)
            )
            history = [json.loads(body) for (body,) in bodies]
            yield {
                "orchestrator": name,
                "version": version,
                "instanceId": instance_id,
                "input": json.loads(order) if order else None,
                "output": json.loads(outcome) if outcome else None,
                "history": [event for event in history if event["EventType"] != _EXECUTION_COMPLETED],
            }


def main() -> None:
    """Write the histories of the cases asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.replay.record", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="as in provision_cloud_pc-resumed; left out: all")
    parser.add_argument("--test", dest="tests", action="append", help="as in test_orphans.py; left out: all of TESTS")
    parser.add_argument("--from", dest="folder", type=Path, help="a folder below which hosts have their host.db")
    wanted = parser.parse_args()
    records = [] if wanted.folder else run(wanted.tests or TESTS)
    records += [record for db in sorted((wanted.folder or RUN).rglob("host.db")) for record in recorded(db)]
    missing = []
    for case in CASES:
        if wanted.cases and f"{case.orchestrator}-{case.name}" not in wanted.cases:
            continue
        found = [record for record in records if case.fits(record)]
        if not found:
            missing.append(f"no completed instance of {case}")
            continue
        longest = max(found, key=lambda record: len(record["history"]))
        target = case.path(longest["version"] or "1.0")
        target.write_text(json.dumps(longest, indent=1) + "\n")
        print(target.relative_to(ROOT))  # noqa: T201 - a command
    if missing:
        sys.exit("\n".join(missing))


if __name__ == "__main__":
    main()
