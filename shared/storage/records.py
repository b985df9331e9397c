"""The repositories of the service, each created at its first use."""

from __future__ import annotations

from functools import cached_property

from shared.domain.alerts.alert import AlertRecord, AlertRule
from shared.domain.cloud_pcs.estimates import BuildTimes
from shared.domain.cloud_pcs.orphans import ComputerName, Orphan, OrphanScan
from shared.domain.cloud_pcs.reclaim import ReclaimCase, ReclaimRule
from shared.domain.cloud_pcs.user_setting import UserSetting
from shared.domain.cost.actual import ActualRow
from shared.domain.cost.budgets import Budget
from shared.domain.cost.ledger import LedgerRow
from shared.domain.cost.prices import RegionPrices
from shared.domain.cost.rate_card import RateCard
from shared.domain.health.report import HealthReport
from shared.domain.images.image import DeviceImage
from shared.domain.networks.connection import Connection
from shared.domain.operations.bulk import BulkAction
from shared.domain.operations.operation import Intent
from shared.domain.operations.overview import TenantOverview
from shared.domain.policies.maintenance_window import CloudPcMaintenanceWindow
from shared.domain.policies.policy import Policy
from shared.domain.policies.script import DeviceManagementScript, ScriptVersion
from shared.domain.pools.plan import PoolRecord
from shared.domain.power.record import CloudPcPower
from shared.domain.power.settings import PowerSchedule
from shared.domain.spot.engine.state import Decisions, SpotGroupState
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.spot.groups.members import FormerMember, SpotMember
from shared.domain.spot.hosts.release import SpotRelease
from shared.domain.spot.images.image_set import ImageSet
from shared.domain.spot.images.image_version import ImageVersion
from shared.domain.tenants.directory import Watch
from shared.domain.tenants.tenant import Site
from shared.storage.access import AccessRecords
from shared.storage.alerts import alert_records, alert_rules
from shared.storage.applied import maintenance_windows, script_versions, scripts, user_settings
from shared.storage.audit import Audit
from shared.storage.cloud_pcs import CloudPcs, Timeline, build_times, computer_names, orphan_scans, orphans
from shared.storage.configuration import (
    ServiceStates,
    Tenants,
    connections,
    images,
    policies,
    sites,
)
from shared.storage.contents import Restores
from shared.storage.cost import actual_costs, budgets, ledger, rate_cards, retail_prices
from shared.storage.deleted_cloud_pcs import DeletedRecords
from shared.storage.due_index import DueIndex
from shared.storage.health import HealthSettingsRows, StalledWork, TimerTicks, health_reports
from shared.storage.idempotency import Idempotency
from shared.storage.image_rings import RingRecords
from shared.storage.latest_writes import LatestWrites
from shared.storage.notices import NoticeRecords
from shared.storage.operations import BulkItems, Operations, bulk_actions, intents
from shared.storage.pool_members import Machines, PoolMembers, pools
from shared.storage.power import cloud_pc_powers, power_schedules
from shared.storage.purging import PurgeRecords
from shared.storage.rate_limiters import RateLimiters
from shared.storage.reclaim import reclaim_cases, reclaim_rules
from shared.storage.repository import Repository
from shared.storage.requests import Changes, FirstSeen, Requests, watches
from shared.storage.service_use import ServiceUseRecords
from shared.storage.spot_groups import (
    SessionHosts,
    former_members,
    image_sets,
    image_versions,
    releases,
    spot_decisions,
    spot_groups,
    spot_members,
    spot_states,
)
from shared.storage.usage import UsageDays, overviews


class Records(AccessRecords, DeletedRecords, NoticeRecords, PurgeRecords, RingRecords, ServiceUseRecords):
    """The repositories of the service."""

    @cached_property
    def tenants(self) -> Tenants:
        """The tenants."""
        return Tenants(self.tables)

    @cached_property
    def service_state(self) -> ServiceStates:
        """The settings of the provider for all tenants."""
        return ServiceStates(self.tables)

    @cached_property
    def restores(self) -> Restores:
        """The marks of restores."""
        return Restores(self.tables)

    @cached_property
    def sites(self) -> Repository[Site]:
        """The sites of every tenant."""
        return sites(self.tables)

    @cached_property
    def connections(self) -> Repository[Connection]:
        """The connections."""
        return connections(self.tables)

    @cached_property
    def images(self) -> Repository[DeviceImage]:
        """The device images."""
        return images(self.tables)

    @cached_property
    def image_sets(self) -> Repository[ImageSet]:
        """The image sets."""
        return image_sets(self.tables)

    @cached_property
    def image_versions(self) -> Repository[ImageVersion]:
        """The versions of the image sets."""
        return image_versions(self.tables)

    @cached_property
    def policies(self) -> Repository[Policy]:
        """The provisioning policies."""
        return policies(self.tables)

    @cached_property
    def user_settings(self) -> Repository[UserSetting]:
        """The user settings."""
        return user_settings(self.tables)

    @cached_property
    def alert_rules(self) -> Repository[AlertRule]:
        """The alert rules that somebody has changed."""
        return alert_rules(self.tables)

    @cached_property
    def alert_records(self) -> Repository[AlertRecord]:
        """The alert records."""
        return alert_records(self.tables)

    @cached_property
    def maintenance_windows(self) -> Repository[CloudPcMaintenanceWindow]:
        """The maintenance windows."""
        return maintenance_windows(self.tables)

    @cached_property
    def scripts(self) -> Repository[DeviceManagementScript]:
        """The scripts and apps that policies run."""
        return scripts(self.tables)

    @cached_property
    def script_versions(self) -> Repository[ScriptVersion]:
        """The contents that scripts and apps have had."""
        return script_versions(self.tables)

    @cached_property
    def spot_groups(self) -> Repository[SpotGroup]:
        """The Spot Groups."""
        return spot_groups(self.tables)

    @cached_property
    def spot_members(self) -> Repository[SpotMember]:
        """The members of the Spot Groups."""
        return spot_members(self.tables)

    @cached_property
    def former_members(self) -> Repository[FormerMember]:
        """Return the repository of members who have recently left Spot Groups."""
        return former_members(self.tables)

    @cached_property
    def session_hosts(self) -> SessionHosts:
        """The session hosts of the Spot Groups."""
        return SessionHosts(self.tables)

    @cached_property
    def releases(self) -> Repository[SpotRelease]:
        """The releases of the Spot Groups."""
        return releases(self.tables)

    @cached_property
    def spot_states(self) -> Repository[SpotGroupState]:
        """The engine's state of the Spot Groups."""
        return spot_states(self.tables)

    @cached_property
    def spot_decisions(self) -> Repository[Decisions]:
        """The engine's decisions for the Spot Groups."""
        return spot_decisions(self.tables)

    @cached_property
    def usage(self) -> UsageDays:
        """The recorded usage of Spot Groups and tenants."""
        return UsageDays(self.tables)

    @cached_property
    def overviews(self) -> Repository[TenantOverview]:
        """The latest overview of each tenant."""
        return overviews(self.tables)

    @cached_property
    def health_reports(self) -> Repository[HealthReport]:
        """The latest health report of each tenant, and of the service."""
        return health_reports(self.tables)

    @cached_property
    def health_settings(self) -> HealthSettingsRows:
        """The health settings of each tenant, and of the service."""
        return HealthSettingsRows(self.tables)

    @cached_property
    def timer_ticks(self) -> TimerTicks:
        """The last run of each timer."""
        return TimerTicks(self.tables)

    @cached_property
    def stalled_work(self) -> StalledWork:
        """The latest instance of each workflow that stood still."""
        return StalledWork(self.tables)

    @cached_property
    def retail_prices(self) -> Repository[RegionPrices]:
        """The retail prices of Azure."""
        return retail_prices(self.tables)

    @cached_property
    def rate_cards(self) -> Repository[RateCard]:
        """The rate cards of the tenants."""
        return rate_cards(self.tables)

    @cached_property
    def budgets(self) -> Repository[Budget]:
        """The budgets of the tenants."""
        return budgets(self.tables)

    @cached_property
    def reclaim_rules(self) -> Repository[ReclaimRule]:
        """The reclaim rules of the policies."""
        return reclaim_rules(self.tables)

    @cached_property
    def reclaim_cases(self) -> Repository[ReclaimCase]:
        """The open cases of idle Cloud PCs."""
        return reclaim_cases(self.tables)

    @cached_property
    def ledger(self) -> Repository[LedgerRow]:
        """The minutes of machines by month."""
        return ledger(self.tables)

    @cached_property
    def actual_costs(self) -> Repository[ActualRow]:
        """The actual costs of machines by month."""
        return actual_costs(self.tables)

    @cached_property
    def cloud_pcs(self) -> CloudPcs:
        """The Cloud PCs."""
        return CloudPcs(self.tables)

    @cached_property
    def pool_members(self) -> PoolMembers:
        """The members of warm pools."""
        return PoolMembers(self.tables)

    @cached_property
    def machines(self) -> Machines:
        """The records of all machines that have the id of a Cloud PC: Cloud PCs, and members of warm pools."""
        return Machines(self.cloud_pcs, self.pool_members)

    @cached_property
    def pools(self) -> Repository[PoolRecord]:
        """The records of warm pools beside their members."""
        return pools(self.tables)

    @cached_property
    def power_schedules(self) -> Repository[PowerSchedule]:
        """The power schedules."""
        return power_schedules(self.tables)

    @cached_property
    def cloud_pc_powers(self) -> Repository[CloudPcPower]:
        """The power of the Cloud PCs."""
        return cloud_pc_powers(self.tables)

    @cached_property
    def watches(self) -> Repository[Watch]:
        """Positions in reading the tenants' directories."""
        return watches(self.tables)

    @cached_property
    def first_seen(self) -> FirstSeen:
        """Times at which members of groups were first seen."""
        return FirstSeen(self.tables)

    @cached_property
    def changes(self) -> Changes:
        """The users of change notifications."""
        return Changes(self.tables)

    @cached_property
    def bulk_actions(self) -> Repository[BulkAction]:
        """The bulk actions."""
        return bulk_actions(self.tables)

    @cached_property
    def bulk_items(self) -> BulkItems:
        """The Cloud PCs of the bulk actions."""
        return BulkItems(self.tables)

    @cached_property
    def timeline(self) -> Timeline:
        """The timelines of the Cloud PCs."""
        return Timeline(self.tables)

    @cached_property
    def orphans(self) -> Repository[Orphan]:
        """The orphans that were found."""
        return orphans(self.tables)

    @cached_property
    def orphan_scans(self) -> Repository[OrphanScan]:
        """The result of each tenant's last scan for orphans."""
        return orphan_scans(self.tables)

    @cached_property
    def build_times(self) -> Repository[BuildTimes]:
        """The durations of builds."""
        return build_times(self.tables)

    @cached_property
    def computer_names(self) -> Repository[ComputerName]:
        """The computer names that builds gave."""
        return computer_names(self.tables)

    @cached_property
    def operations(self) -> Operations:
        """The operations."""
        return Operations(self.tables)

    @cached_property
    def intents(self) -> Repository[Intent]:
        """The changes that are being carried out."""
        return intents(self.tables)

    @cached_property
    def audit(self) -> Audit:
        """The audit log."""
        return Audit(self.tables)

    @cached_property
    def due(self) -> DueIndex:
        """The due rows."""
        return DueIndex(self.tables)

    @cached_property
    def requests(self) -> Requests:
        """The requested reconciles."""
        return Requests(self.tables)

    @cached_property
    def idempotency(self) -> Idempotency:
        """The responses to requests with an Idempotency-Key."""
        return Idempotency(self.tables)

    @cached_property
    def latest_writes(self) -> LatestWrites:
        """The versions of the subjects of pages."""
        return LatestWrites(self.tables)

    @cached_property
    def rate_limiters(self) -> RateLimiters:
        """The rate limiters that all workers share."""
        return RateLimiters(self.tables)
