"""Views of reclaim rules, their cases, and the report of idle Cloud PCs."""

from __future__ import annotations

from typing_extensions import TypedDict

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.reclaim import (
    Judged,
    ReclaimCase,
    ReclaimMode,
    ReclaimRule,
    ReclaimRuleSettings,
    ReclaimState,
    ReclaimVerdict,
)
from triggers.http.json_schema import Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Without

RECLAIM_RULE = Without(ReclaimRule, ("tenantId",))
RECLAIM_RULE_TO_PUT = ReclaimRuleSettings
RECLAIM_RULES = Collection(
    name="reclaimRules",
    kinds=kinds_of("id", "description", "mode", "heldBack", numbers="idleDays graceDays", moments="checkedAt"),
    searched=("id", "description"),
)
RECLAIM_CASE = Without(ReclaimCase, ("tenantId",))
IDLE_CLOUD_PCS = Collection(
    name="reports/idleCloudPcs",
    kinds=kinds_of(
        *("id", "userPrincipalName", "managedDeviceName", "servicePlanName", "provisioningPolicyId"),
        *("provisioningPolicyName", "verdict", "reason", "mode", "state", "waits", "dismissedBy"),
        moments="lastUsedDateTime noticedDateTime proposedFromDateTime proposedDateTime",
        numbers="observedIdleDays idleDays",
        flags="stopped",
    ),
    searched=("userPrincipalName", "managedDeviceName"),
    own=("wouldBeIdleDays",),
)


class IdleCloudPcView(TypedDict):
    """Judgement of a Cloud PC by the rule of its policy; nothing happens by reading it.

    *mode*, *idleDays*: of the rule. *state*: of the open case, None without one; *proposedFromDateTime*: when its grace
    ends. *stopped*: whether the rule keeps the machine off. *waits*: why the next step waits.
    """

    id: str
    userPrincipalName: str
    managedDeviceName: str | None
    servicePlanName: str
    provisioningPolicyId: str | None
    provisioningPolicyName: str | None
    verdict: ReclaimVerdict
    reason: str
    observedIdleDays: int
    lastUsedDateTime: Timestamp | None
    mode: ReclaimMode
    idleDays: int
    state: ReclaimState | None
    noticedDateTime: Timestamp | None
    proposedFromDateTime: Timestamp | None
    proposedDateTime: Timestamp | None
    stopped: bool
    waits: str | None
    dismissedBy: str | None


def reclaim_rule_view(rule: ReclaimRule) -> Json:
    """Return a rule; its tenant is in the address."""
    return RECLAIM_RULE.dump(rule)


def reclaim_case_view(case: ReclaimCase) -> Json:
    """Return a case; its tenant is in the address."""
    return RECLAIM_CASE.dump(case)


def idle_view(pc: CloudPc, rule: ReclaimRuleSettings, judged: Judged, case: ReclaimCase | None) -> IdleCloudPcView:
    """Return a row of the report."""
    snapshot = pc.current.snapshot
    return {
        "id": pc.id,
        "userPrincipalName": pc.user.user_principal_name,
        "managedDeviceName": pc.current.resources.computer_name,
        "servicePlanName": pc.plan.display_name,
        "provisioningPolicyId": snapshot.policy_id if snapshot else None,
        "provisioningPolicyName": snapshot.policy_name if snapshot else None,
        "verdict": judged.verdict,
        "reason": judged.reason,
        "observedIdleDays": judged.observed_idle_days,
        "lastUsedDateTime": timestamp(judged.last_used),
        "mode": rule.mode,
        "idleDays": rule.idle_days,
        "state": case.state if case else None,
        "noticedDateTime": timestamp(case.noticed_at if case else None),
        "proposedFromDateTime": timestamp(case.grace_ends_at if case else None),
        "proposedDateTime": timestamp(case.proposed_at if case else None),
        "stopped": case is not None and case.stopped,
        "waits": case.waits if case else None,
        "dismissedBy": case.dismissed_by if case else None,
    }
