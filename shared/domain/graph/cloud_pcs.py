"""Graph: cloudPC (docs/notes/windows365.md 1.2). v1.0 answers the shape of beta."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from shared.domain.cloud_pc import CloudPc, Grace, Swap
from shared.domain.drift import Today
from shared.domain.graph.odata import Collection
from shared.domain.lifecycle import Status
from shared.domain.progress import progress
from shared.domain.replacing import build_of
from shared.domain.resuming import resumable

CLOUD_PCS = Collection(
    name="cloudPCs",
    columns={"userPrincipalName": "user_principal_name", "status": "status", "provisioningPolicyId": "policy_id"},
    folded=frozenset({"userPrincipalName"}),
)

OF_TODAY = frozenset({"provisioningPolicyName", "@deskwright.drift"})
"""The properties that depend on what the policies are today."""


def cloud_pc_view(pc: CloudPc, now: datetime, today: Today) -> dict[str, Any]:
    """Return a Cloud PC as Graph's cloudPC; what begins with ``@deskwright.`` is ours.

    The policy's name is today's; the Cloud PC's own name, and what it was enrolled by, stay as they were.
    """
    drift = today.drift(pc)
    made, snapshot = pc.resources, pc.snapshot
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
        "userAccountType": "administrator" if snapshot and snapshot.local_admin_enabled else "standardUser",
        "userExperienceType": "cloudPc",
        "status": pc.status.value,
        "statusDetail": _detail(pc),
        "gracePeriodEndDateTime": _time(pc.grace.ends_at) if pc.grace else None,
        "provisionedDateTime": _time(pc.provisioned_date_time),
        "createdDateTime": _time(pc.created_date_time),
        "lastModifiedDateTime": _time(pc.last_modified_date_time),
        "scopeIds": ["0"],
        "@deskwright.progress": progress(pc, now).to_json(),
        "@deskwright.replacement": _replacement(pc, now),
        "@deskwright.drift": drift.to_json() if drift else None,
        "@deskwright.grace": grace_view(pc.grace, now) if pc.grace else None,
        "@deskwright.swap": swap_view(pc.swap) if pc.swap else None,
        "@deskwright.removal": pc.removal.to_json() if pc.removal else None,
    }


def _replacement(pc: CloudPc, now: datetime) -> dict[str, Any] | None:
    """Return how far the machine is that is to take the place of the Cloud PC's, None when there is none."""
    if pc.beside is None or not pc.beside.being_built:
        return None
    return progress(build_of(pc, pc.beside.generation), now).to_json()


def grace_view(grace: Grace, now: datetime) -> dict[str, Any]:
    """Return a grace period: cause, start, end, whether it stands still, and the seconds that are left of it."""
    left = grace.ends_at - (grace.held_at or now)
    return {
        "cause": grace.cause.value,
        "startDateTime": _time(grace.started_at),
        "endDateTime": _time(grace.ends_at),
        "held": grace.held_at is not None,
        "secondsLeft": max(0, int(left.total_seconds())),
    }


def swap_view(swap: Swap) -> dict[str, Any]:
    """Return the second licence of a Cloud PC that is resized, or was: until then no other Cloud PC is built for it."""
    return {
        "servicePlanId": swap.plan.id,
        "servicePlanName": swap.plan.display_name,
        "endDateTime": _time(swap.until),
        "operationId": swap.operation_id,
    }


def restore_points_view(pc: CloudPc) -> list[dict[str, Any]]:
    """Return the restore points of a Cloud PC as Graph's cloudPcSnapshots, newest first."""
    ready = [point for point in pc.restore_points if point.status == "ready"]
    return [
        {
            "id": point.id,
            "cloudPcId": pc.id,
            "createdDateTime": _time(point.created_at),
            "lastRestoredDateTime": _time(point.last_restored_at),
            "expirationDateTime": _time(point.expires_at),
            "status": point.status,
            "snapshotType": "automatic" if point.automatic else "manual",
            "healthCheckStatus": "unknown",
        }
        for point in reversed(ready)
    ]


def count_by_status(cloud_pcs: Iterable[CloudPc]) -> list[dict[str, Any]]:
    """Return Graph's cloudPcCountByStatus: one row for each status."""
    counts = Counter(pc.status for pc in cloud_pcs)
    return [{"status": status.value, "count": counts[status]} for status in Status]


def _detail(pc: CloudPc) -> dict[str, Any] | None:
    if pc.status is Status.FAILED and pc.last_error:
        said = pc.last_error
        goes_on_at = resumable(said, pc.resources) if pc.clean_up_at else None  # by the policy as it was
        facts = {
            "retriable": "true",
            "step": said.step.value if said.step else "",
            "evidence": said.evidence or "",
            "advice": said.advice or "",
            "retryResumesAt": goes_on_at.value if goes_on_at else "",
        }
        return _status_detail(said.code, said.message, facts)
    if pc.status is Status.PROVISIONED_WITH_WARNINGS:
        message = "; ".join(f"{warning.step}: {warning.message}" for warning in pc.warnings)
        return _status_detail("provisionedWithWarnings", message, {w.step: w.message for w in pc.warnings})
    reason = pc.reason
    if reason is None and pc.beside is not None and not pc.beside.being_built:
        reason = f"beside it a machine goes: {pc.beside.reason}"
    return _status_detail(pc.status.value, reason, {}) if reason else None


def _status_detail(code: str, message: str, facts: dict[str, str]) -> dict[str, Any]:
    information = [{"name": name, "value": value} for name, value in facts.items() if value]
    return {"code": code, "message": message, "additionalInformation": information}


def _windows(pc: CloudPc) -> str | None:
    if pc.snapshot is None:
        return None
    named = pc.snapshot.image.marketplace.sku if pc.snapshot.image.marketplace else pc.snapshot.image_display_name
    return "windows10" if "win10" in named.lower() or "windows 10" in named.lower() else "windows11"


def _time(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
