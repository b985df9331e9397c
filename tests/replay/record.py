"""Record the histories of the orchestrators as they are now: ``python -m tests.replay.record [CASE ...]``.

Histories are recorded from a run of the whole service, so that their orders and outcomes are those of real activities:
the end-to-end tests of ``TESTS`` run, and ``CASES`` says which instance of their hosts each history is. Some minutes.

Do it before you change a released orchestrator, with a new version, and never to make a history of a released one fit
(CONTRIBUTING.md). With the names of cases only these are written; ``--from FOLDER`` takes the hosts of an earlier run.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
HISTORIES = Path(__file__).parent / "histories"
RUN = ROOT / ".run" / "replay"
_EXECUTION_COMPLETED = 1

Record = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A history to keep: of the longest completed instance that called all of *calls*, none of *without*.

    *output*: what its outcome says.
    """

    orchestrator: str
    name: str = "all-well"
    calls: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    output: str = ""

    def path(self, version: str) -> Path:
        """Return where it is kept."""
        return HISTORIES / f"{self.orchestrator}-{version}-{self.name}.json"

    def fits(self, record: Record) -> bool:
        """Whether *record* is such an instance."""
        history = json.dumps(record["history"])
        return (
            record["orchestrator"] == self.orchestrator
            and all(call in history for call in self.calls)
            and not any(call in history for call in self.without)
            and self.output in json.dumps(record["output"])
        )


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
    Case("run_remote_action", "resize-rolled-back", calls=("begin_resize",), output="failed"),
    Case("run_remote_action", "restore", calls=("begin_swap",), output="succeeded"),
    Case("run_version_action", "connect", calls=("begin_administrator", "forget_secret"), output="succeeded"),
    Case("run_version_action", "disconnect", without=("begin_administrator", "begin_restart", "begin_deallocate")),
    Case("seal_image_version", output="available"),
    Case("settle_changes"),
    Case("run_host_task", "build", calls=("begin_vm", "begin_registration")),
    Case("run_host_task", "remove", calls=("begin_vm_delete",), without=('begin_vm"',)),
    Case("run_spot_engine", "last-run"),
)

TESTS = (
    "test_actions.py::test_a_cloud_pc_goes_back_to_a_restore_point",
    "test_bulk.py::test_grace_periods_of_many_are_ended_in_waves_after_a_dry_run",
    "test_changes.py::test_many_messages_at_once_neither_lose_nor_double_anything",
    "test_connections.py::test_the_probe_s_computer_is_forgotten_once_its_device_has_come",
    "test_graph_surface.py::test_a_device_image_is_built_renamed_and_deleted_once_nothing_uses_it",
    "test_image_sets.py::test_a_recipe_builds_versions_without_hands_also_every_month",
    "test_image_sets.py::test_a_version_is_customised_by_hand_sealed_tested_and_deleted_and_leaves_nothing",
    "test_image_sets.py::test_a_way_in_closes_by_itself_when_its_time_is_over",
    "test_image_sets.py::test_what_fails_on_the_way_fails_the_version_with_its_evidence_and_leaves_nothing",
    "test_orphans.py",
    "test_replacing.py::test_the_user_goes_on_until_another_machine_takes_the_place_of_his",
    "test_resize.py::test_without_hardware_it_keeps_its_size_says_so_and_is_resized_later",
    "test_rule_4_post_provisioning.py::test_running_the_failed_step_again_gives_provisioned",
    "test_rule_6_retry.py::test_a_retry_by_hand_has_three_attempts_under_the_policy_that_wins_today",
    "test_rule_6_retry.py::test_the_next_attempt_goes_on_with_the_machine_that_is_there",
    "test_rule_9_grace.py::test_at_the_end_the_user_is_signed_off_and_nothing_is_left",
    "test_spot_groups.py::test_a_group_builds_its_hosts_and_leaves_nothing_when_it_is_deleted",
    "test_spot_groups.py::test_the_first_members_have_a_place_and_the_others_wait",
)
"""End-to-end tests whose hosts have an instance of every case."""


def run() -> None:
    """Run the tests; their hosts are kept below ``RUN``."""
    RUN.parent.mkdir(exist_ok=True)
    tests = [f"tests/e2e/{test}" for test in TESTS]
    options = ["-q", "-p", "no:randomly", f"--basetemp={RUN}", "-o", "tmp_path_retention_policy=all"]
    subprocess.run([sys.executable, "-m", "pytest", *options, *tests], cwd=ROOT, check=True)


def recorded(db: Path) -> Iterator[Record]:
    """Yield every completed instance in a host's store, the longest first."""
    with closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as store:
        rows = store.execute(
            "SELECT id, execution_id, name, version, input, output FROM instance WHERE status = 'Completed'"
            " ORDER BY n_hist DESC, id"
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
    """Write what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.replay.record", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="as in provision_cloud_pc-resumed; left out: all")
    parser.add_argument("--from", dest="folder", type=Path, help="a folder below which hosts have their host.db")
    wanted = parser.parse_args()
    if wanted.folder is None:
        run()
    records = [record for db in sorted((wanted.folder or RUN).rglob("host.db")) for record in recorded(db)]
    for case in CASES:
        if wanted.cases and f"{case.orchestrator}-{case.name}" not in wanted.cases:
            continue
        found = [record for record in records if case.fits(record)]
        if not found:
            sys.exit(f"no completed instance of {case}")
        longest = max(found, key=lambda record: len(record["history"]))
        target = case.path(longest["version"] or "1.0")
        target.write_text(json.dumps(longest, indent=1) + "\n")
        print(target.relative_to(ROOT))  # noqa: T201 - a command


if __name__ == "__main__":
    main()
