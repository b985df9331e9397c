"""Rules for the due rows of each kind: the rule that acts on a row, and what a restore promises again.

``DUE`` (``shared/storage/due.py``) has what is fixed for each kind: the orchestrators that it watches, and when.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shared.services import promises
from shared.services.bulk import bulk_due
from shared.services.cleaning_up import clean_up_due
from shared.services.connection_checks import check_due
from shared.services.directory_changes import catch_up_due, changes_due, reread_due
from shared.services.directory_subscriptions import subscription_due
from shared.services.forgotten_operations import watched_due
from shared.services.grace import deprovision_due
from shared.services.host_tasks import host_task_due
from shared.services.image_replicas import replication_due
from shared.services.image_schedules import image_set_due
from shared.services.images import image_build_due
from shared.services.orphans import scan_due
from shared.services.promises import Promise
from shared.services.reconciling import reconcile_due
from shared.services.remote import action_due
from shared.services.restore_points import restore_points_due
from shared.services.spot_reconciling import spot_due
from shared.services.starting import build_due, resume_build
from shared.services.sweeping import Rule
from shared.services.version_actions import image_version_due
from shared.storage.due import DueKind


@dataclass(frozen=True, slots=True)
class DueRule:
    """The rule that acts on a due row of a kind, and what a restore *promises* again of it."""

    act: Rule
    promises: Promise


DUE_RULES: Mapping[DueKind, DueRule] = MappingProxyType(
    {
        DueKind.START: DueRule(build_due, promises.planned_builds_start),
        DueKind.WATCH: DueRule(resume_build, promises.builds_go_on),
        DueKind.CLEAN_UP: DueRule(clean_up_due, promises.leftovers_are_removed),
        DueKind.REREAD: DueRule(reread_due, promises.directories_are_read),
        DueKind.RECHECK: DueRule(check_due, promises.connections_are_checked),
        DueKind.BUILD: DueRule(image_build_due, promises.image_builds_go_on),
        DueKind.DEPROVISION: DueRule(deprovision_due, promises.graces_end),
        DueKind.ACT: DueRule(action_due, promises.actions_go_on),
        DueKind.RESTORE_POINT: DueRule(restore_points_due, promises.restore_points_are_made),
        DueKind.ORPHANS: DueRule(scan_due, promises.records_are_compared),
        DueKind.BULK: DueRule(bulk_due, promises.bulk_actions_go_on),
        DueKind.CHANGES: DueRule(changes_due, promises.reported_changes_are_settled),
        DueKind.CATCH_UP: DueRule(catch_up_due, promises.changes_are_asked_for),
        DueKind.SUBSCRIBE: DueRule(subscription_due, promises.subscriptions_are_renewed),
        DueKind.REPLICATE: DueRule(replication_due, promises.images_are_copied),
        DueKind.HOST: DueRule(host_task_due, promises.host_tasks_go_on),
        DueKind.SPOT: DueRule(spot_due, promises.spot_groups_are_looked_at),
        DueKind.IMAGE_SET: DueRule(image_set_due, promises.image_sets_are_planned),
        DueKind.IMAGE_VERSION: DueRule(image_version_due, promises.image_versions_go_on),
        DueKind.PROGRESS: DueRule(watched_due, promises.forgotten_operations_end),
        DueKind.RECONCILE: DueRule(reconcile_due, promises.requested_reconciles_go_on),
    }
)
"""Every kind."""


RULES: Mapping[DueKind, Rule] = MappingProxyType({kind: rule.act for kind, rule in DUE_RULES.items()})
"""Rules of the sweep for the rows of each kind."""
