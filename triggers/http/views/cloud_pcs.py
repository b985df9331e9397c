"""Graph: cloudPC (docs/notes/windows365.md 1.2). v1.0 answers the shape of beta."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Literal

from typing_extensions import TypedDict

from shared.domain.cloud_pcs.cloud_pc import CloudPc, Removal, Swap
from shared.domain.cloud_pcs.estimates import Estimates
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.progress import KINDS, SEARCHED, Progress, SignInDetails, progress, replacement_progress
from shared.domain.cloud_pcs.replacing import resumable
from shared.domain.cloud_pcs.use import CloudPcUse
from shared.domain.destroying import HeldBack
from shared.domain.filtering import Scalar
from shared.domain.planning.drift import Drift, TenantPolicies
from shared.domain.policies.policy import BuiltScript
from shared.domain.power.record import CloudPcPower
from shared.domain.power.state import GraphPower
from shared.domain.values import sentence
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Entity
from triggers.http.views.actions import GraceView, grace_view
from triggers.http.views.power import PowerProperties

_LACKS = (
    "allotmentDisplayName connectionSetting connectionSettings connectivityResult disasterRecoveryCapability "
    "diskEncryptionState frontlineCloudPcAvailability isDisasterRecoveryActive "
    "lastRemoteActionResult partnerAgentInstallResults sharedDeviceDetail statusDetails"
)
CLOUD_PCS = Collection(name="cloudPCs", kinds=KINDS, searched=SEARCHED, lacks=_LACKS)
MY_CLOUD_PCS = Collection(
    name="cloudPCs",
    within="me",
    kinds=kinds_of(
        *("id", "displayName", "managedDeviceName", "status", "userPrincipalName", "servicePlanId", "servicePlanName"),
        *("provisioningPolicyId", "provisioningPolicyName", "imageDisplayName"),
        moments="createdDateTime lastModifiedDateTime provisionedDateTime gracePeriodEndDateTime",
    ),
    searched=("displayName", "managedDeviceName"),
    lacks=f"{_LACKS} lastLoginResult lastLogoffDateTime",
)

OF_TODAY = frozenset({"provisioningPolicyName", "@deskwright.drift"})
"""The properties that depend on the current policies."""


class KeyValuePair(TypedDict):
    """Graph's keyValuePair."""

    name: str
    value: str


class StatusDetailView(TypedDict):
    """Graph's cloudPcStatusDetail."""

    code: str
    message: str | None
    additionalInformation: list[KeyValuePair]


class UserDetailView(TypedDict):
    """Graph's cloudPcUserDetail."""

    userPrincipalName: str
    displayName: str


class SwapView(TypedDict):
    """The second licence of a Cloud PC that is resized, or was: until then no other Cloud PC is built for it."""

    servicePlanId: str
    servicePlanName: str
    endDateTime: Timestamp
    operationId: str


class TemporarySizeView(TypedDict):
    """The hardware of another plan that a machine has until a time; *waitsFor*: why it has not gone back after it."""

    servicePlanId: str
    servicePlanName: str
    untilDateTime: Timestamp
    returnsToServicePlanName: str
    createdBy: str
    createdDateTime: Timestamp
    waitsFor: str | None
    operationId: str


_Extensions = TypedDict(
    "_Extensions",
    {
        "@deskwright.progress": Annotated[Json, DumpOf(Progress)],
        "@deskwright.replacement": Annotated[Json, DumpOf(Progress)] | None,
        "@deskwright.drift": Annotated[Json, DumpOf(Drift)] | None,
        "@deskwright.grace": GraceView | None,
        "@deskwright.swap": SwapView | None,
        "@deskwright.temporarySize": TemporarySizeView | None,
        "@deskwright.removal": Annotated[Json, DumpOf(Removal)] | None,
        "@deskwright.heldBack": Annotated[Json, DumpOf(HeldBack)] | None,
        "@deskwright.scripts": list[Annotated[Json, DumpOf(BuiltScript)]],
    },
)


class LoginResultView(TypedDict):
    """Graph's cloudPcLoginResult."""

    time: Timestamp


class UseProperties(TypedDict, total=False):
    """The properties of a Cloud PC that come from the readings of its sessions, every quarter of an hour."""

    lastLoginResult: LoginResultView | None
    lastLogoffDateTime: Timestamp | None


class GraphCloudPcView(TypedDict):
    """Graph's cloudPC. *powerState*: in lists only where ``$select`` names it, because it has a table of its own.

    So has our ``@deskwright.power``.
    """

    id: str
    displayName: str
    aadDeviceId: str | None
    managedDeviceId: str | None
    managedDeviceName: str | None
    userPrincipalName: str
    userDetail: UserDetailView
    groupDetail: None
    provisioningPolicyId: str | None
    provisioningPolicyName: str | None
    provisioningType: Literal["dedicated"]
    productType: Literal["enterprise"]
    servicePlanId: str
    servicePlanName: str
    servicePlanType: Literal["enterprise"]
    onPremisesConnectionName: str | None
    deviceRegionName: str | None
    imageDisplayName: str | None
    osVersion: Literal["windows10", "windows11"] | None
    userAccountType: Literal["administrator", "standardUser"]
    userExperienceType: Literal["cloudPc"]
    status: Status
    statusDetail: StatusDetailView | None
    gracePeriodEndDateTime: Timestamp | None
    provisionedDateTime: Timestamp | None
    createdDateTime: Timestamp
    lastModifiedDateTime: Timestamp
    scopeIds: list[str]


class CloudPcView(_Extensions, GraphCloudPcView, PowerProperties, UseProperties, TypedDict):
    """Graph's cloudPC, and our own properties.

    In lists *powerState*, ``@deskwright.power``, *lastLoginResult* and *lastLogoffDateTime* are there only where
    ``$select`` names them: they are in tables of their own.
    """


class MyCloudPcView(GraphCloudPcView, TypedDict):
    """Graph's cloudPC as its user sees it."""

    powerState: GraphPower


class LaunchDetailView(TypedDict):
    """Graph's cloudPcLaunchDetail. There is no Windows 365 Switch."""

    cloudPcId: str
    cloudPcLaunchUrl: str
    windows365SwitchCompatible: Literal[False]
    windows365SwitchCompatibilityFailureReasonType: None


class StatusCountView(TypedDict):
    """Graph's cloudPcCountByStatus."""

    status: Status
    count: int


class StatusCountsView(TypedDict):
    """Number of Cloud PCs in each status."""

    value: list[StatusCountView]


CLOUD_PC, MY_CLOUD_PC = Entity(CloudPcView), Entity(MyCloudPcView)


def cloud_pc_view(
    pc: CloudPc,
    now: datetime,
    today: TenantPolicies,
    estimates: Estimates,
    power: PowerProperties | None = None,
    use: UseProperties | None = None,
) -> CloudPcView:
    """Return a Cloud PC as Graph's cloudPC; properties that begin with ``@deskwright.`` are ours.

    The policy's name is today's; the Cloud PC's own name, and what it was enrolled by, stay as they were.
    """
    drift = today.drift(pc)
    return {
        **_graph_view(pc, today),
        **(power or PowerProperties()),
        **(use or UseProperties()),
        "@deskwright.progress": progress(pc, now, estimates).to_json(),
        "@deskwright.replacement": _replacement(pc, now, estimates),
        "@deskwright.drift": drift.to_json() if drift else None,
        "@deskwright.grace": grace_view(pc.grace, now) if pc.grace else None,
        "@deskwright.swap": _swap(pc.swap) if pc.swap else None,
        "@deskwright.temporarySize": _temporary_size(pc),
        "@deskwright.removal": pc.removal.to_json() if pc.removal else None,
        "@deskwright.heldBack": pc.held_back.to_json() if pc.held_back else None,
        "@deskwright.scripts": [each.to_json() for each in pc.current.snapshot.built_scripts]
        if pc.current.snapshot
        else [],
    }


def use_properties(use: CloudPcUse | None) -> UseProperties:
    """Return the properties of a Cloud PC that come from its use; *use* is None before it was first read."""
    last = use.last_login if use else None
    return {
        "lastLoginResult": {"time": timestamp(last)} if last else None,
        "lastLogoffDateTime": timestamp(use.last_logoff) if use else None,
    }


def my_cloud_pc_view(pc: CloudPc, today: TenantPolicies, power: CloudPcPower | None) -> MyCloudPcView:
    """Return a Cloud PC as its user sees it in Graph: the details of an error are for administrators."""
    observed: GraphPower = power.observed.graph if power else "unknown"
    return {**_graph_view(pc, today), "statusDetail": None, "powerState": observed}


def _graph_view(pc: CloudPc, today: TenantPolicies) -> GraphCloudPcView:
    made, snapshot = pc.current.resources, pc.current.snapshot
    return {
        "id": pc.id,
        "displayName": pc.display_name,
        "aadDeviceId": made.entra_device_id,
        "managedDeviceId": made.managed_device_id,
        "managedDeviceName": made.computer_name,
        "userPrincipalName": pc.user.user_principal_name,
        "userDetail": {"userPrincipalName": pc.user.user_principal_name, "displayName": pc.user.display_name},
        "groupDetail": None,
        "provisioningPolicyId": snapshot.policy_id if snapshot else None,
        "provisioningPolicyName": today.policy_name(pc),
        "provisioningType": "dedicated",
        "productType": "enterprise",
        "servicePlanId": pc.plan.id,
        "servicePlanName": pc.plan.display_name,
        "servicePlanType": "enterprise",
        "onPremisesConnectionName": snapshot.connection_name if snapshot else None,
        "deviceRegionName": made.region,
        "imageDisplayName": snapshot.image_display_name if snapshot else None,
        "osVersion": _windows(pc),
        "userAccountType": "administrator"
        if snapshot and snapshot.configuration.local_admin_enabled
        else "standardUser",
        "userExperienceType": "cloudPc",
        "status": pc.status,
        "statusDetail": _detail(pc),
        "gracePeriodEndDateTime": timestamp(pc.grace.ends_at) if pc.grace else None,
        "provisionedDateTime": timestamp(pc.provisioned_date_time),
        "createdDateTime": timestamp(pc.created_date_time),
        "lastModifiedDateTime": timestamp(pc.last_modified_date_time),
        "scopeIds": ["0"],
    }


def launch_detail_view(pc: CloudPc, details: SignInDetails) -> LaunchDetailView:
    """Return the browser address of a Cloud PC, as Graph's cloudPcLaunchDetail."""
    return {
        "cloudPcId": pc.id,
        "cloudPcLaunchUrl": details.address,
        "windows365SwitchCompatible": False,
        "windows365SwitchCompatibilityFailureReasonType": None,
    }


def _replacement(pc: CloudPc, now: datetime, estimates: Estimates) -> Json | None:
    """Return the progress of the machine that is to take the place of the Cloud PC's, None without one."""
    replaced = replacement_progress(pc, now, estimates)
    return replaced.to_json() if replaced else None


def _swap(swap: Swap) -> SwapView:
    return {
        "servicePlanId": swap.plan.id,
        "servicePlanName": swap.plan.display_name,
        "endDateTime": timestamp(swap.until),
        "operationId": swap.operation_id,
    }


def _temporary_size(pc: CloudPc) -> TemporarySizeView | None:
    size = pc.current.temporary_size
    if size is None:
        return None
    return {
        "servicePlanId": size.plan.id,
        "servicePlanName": size.plan.display_name,
        "untilDateTime": timestamp(size.until),
        "returnsToServicePlanName": pc.plan.display_name,
        "createdBy": size.by,
        "createdDateTime": timestamp(size.at),
        "waitsFor": size.waits,
        "operationId": size.operation_id,
    }


def count_by_status(entries: Iterable[Mapping[str, Scalar]]) -> list[StatusCountView]:
    """Return Graph's cloudPcCountByStatus: one row for each status."""
    counts = Counter(entry["status"] for entry in entries)
    return [{"status": status, "count": counts[status]} for status in Status]


def _detail(pc: CloudPc) -> StatusDetailView | None:
    build = pc.current
    if error := pc.failure:
        # By the policy as it was:
        goes_on_at = resumable(error, build.resources) if build.clean_up_at else None
        facts = {
            "retriable": "true",
            "step": error.step.value if error.step else "",
            "evidence": error.evidence or "",
            "advice": error.advice or "",
            "retryResumesAt": goes_on_at.value if goes_on_at else "",
        }
        return _status_detail(error.code, error.message, facts)
    if pc.status is Status.PROVISIONED_WITH_WARNINGS:
        message = "; ".join(f"{warning.step}: {warning.message}" for warning in build.warnings)
        return _status_detail("provisionedWithWarnings", message, {w.step: w.message for w in build.warnings})
    reason = build.reason
    if reason is None and pc.replacement is not None and not pc.replacement.unfinished:
        reason = f"another machine of it is removed: {pc.replacement.reason}"
    return _status_detail(pc.status.value, sentence(reason), {}) if reason else None


def _status_detail(code: str, message: str, facts: dict[str, str]) -> StatusDetailView:
    information: list[KeyValuePair] = [{"name": name, "value": value} for name, value in facts.items() if value]
    return {"code": code, "message": message, "additionalInformation": information}


def _windows(pc: CloudPc) -> Literal["windows10", "windows11"] | None:
    built = pc.current.snapshot
    if built is None:
        return None
    named = built.image.marketplace.sku if built.image.marketplace else built.image_display_name
    return "windows10" if "win10" in named.lower() or "windows 10" in named.lower() else "windows11"
