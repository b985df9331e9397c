"""Overlaps: the users that more than one policy targets, and which of the policies wins for them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.domain.amounts import amount
from shared.domain.planning.entitlements import Entitlement
from shared.domain.policies.policy import Assignment, Policy
from shared.domain.wizards.reviews import ReviewWarning, WarningCode

_SHOWN = 100
"""At most so many users are named; the number counts all."""


@dataclass(frozen=True, slots=True)
class Target:
    """The groups that a policy targets. A policy that is not saved yet has an id as well."""

    id: str
    name: str
    assignments: tuple[Assignment, ...]

    @property
    def groups(self) -> frozenset[str]:
        """The groups it is assigned to."""
        return frozenset(assignment.group_id for assignment in self.assignments)


def target(policy: Policy) -> Target:
    """Return a saved policy as a target."""
    return Target(policy.id, policy.display_name, policy.assignments)


def overlaps(
    subject: Target,
    others: Iterable[Policy],
    group_names: Mapping[str, str],
    members: Iterable[Entitlement] | None,
) -> list[ReviewWarning]:
    """Return a warning for each other policy that targets a group or a member of *subject* too.

    *members*: with all assigned groups they are in; None when the directory did not answer: then only shared groups
    are found.
    """
    targets = [target(policy) for policy in others if policy.id != subject.id and policy.assignments]
    licensed = [m for m in members or () if m.plans and m.user.account_enabled and m.group_ids & subject.groups]
    found = (_between(subject, other, targets, licensed, group_names) for other in targets)
    return [warning for warning in found if warning is not None]


def _between(
    subject: Target, other: Target, targets: list[Target], members: list[Entitlement], group_names: Mapping[str, str]
) -> ReviewWarning | None:
    shared = sorted(subject.groups & other.groups)
    both = sorted((m for m in members if m.group_ids & other.groups), key=lambda m: m.user.user_principal_name)
    if not shared and not both:
        return None
    everybody = [subject, *targets]
    winners = Counter(_winner(everybody, m.group_ids) for m in both)
    named = [group_names.get(group, group) for group in shared]
    what = [f"group {', '.join(named)}"] if named else []
    what += [amount(len(both), "member")] if both else []
    wins = sorted(winners) if winners else [_winner(everybody, frozenset(shared))]
    return ReviewWarning(
        concern=WarningCode.OVERLAP,
        step="groups",
        message=f"Policy {other.name} targets {' and '.join(what)} too; {_outcome(wins, winners)}",
        details={
            "policyId": other.id,
            "policies": [other.name],
            "groups": [{"id": group, "displayName": group_names.get(group, group)} for group in shared],
            "count": len(both),
            "users": [m.user.user_principal_name for m in both[:_SHOWN]],
            "wins": wins,
        },
    )


def _winner(targets: Iterable[Target], group_ids: frozenset[str]) -> str:
    """Return the name of the first assigned, as ``winner`` decides when Cloud PCs are planned."""
    claims = [
        (assignment.assigned_at, each.id, each.name)
        for each in targets
        for assignment in each.assignments
        if assignment.group_id in group_ids
    ]
    return min(claims)[2]


def _outcome(wins: list[str], winners: Mapping[str, int]) -> str:
    if len(wins) == 1:
        return f"{wins[0]} was assigned first and wins."
    return f"the first assigned wins: {', '.join(f'{name} for {winners[name]}' for name in wins)}."
