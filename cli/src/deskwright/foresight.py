"""Dry runs by the service's planner (``POST /tenants/{tenant}/dryRun``): the builds, moves and removals of a change."""

from collections.abc import Mapping
from typing import Any

from deskwright.catalogue.words import FORESEEN, FORESEEN_MEMBERS
from deskwright.operations import operation
from deskwright.session import Session
from deskwright.terminal import say

Json = dict[str, Any]


def change_of(planned_as: str, identifier: str, body: Mapping[str, Any] | None) -> Json | None:
    """Return the body of a dry run; None where the planner has nothing to say about a request.

    *planned_as*: assign, edit, settings, pause or pauseSpotGroup. *identifier*: of the policy or Spot Group; empty for
    the tenant. *body*: of the request that is not sent.
    """
    given = body or {}
    if planned_as == "assign":
        groups = [each["target"]["groupId"] for each in given.get("assignments", ())]
        return {"assign": {"policyId": identifier, "groupIds": groups}}
    if planned_as == "edit":
        return {"edit": {"policy": {"policyId": identifier}, **policy_steps(given)}}
    if planned_as == "settings":
        return {"settings": given["settings"]} if given.get("settings") else None
    if planned_as == "pauseSpotGroup":
        return {"pause": {"spotGroupId": identifier}}
    return {"pause": {"policyId": identifier} if identifier else {}}


def policy_steps(body: Mapping[str, Any]) -> Json:
    """Return the properties in a body of Graph's policy as the steps of a policy's wizards."""
    joins = [each["onPremisesConnectionId"] for each in body.get("domainJoinConfigurations") or ()]
    steps: Json = {"connection": {"connectionIds": joins}} if joins else {}
    for field in operation("update_policy").fields or ():
        if not field.form or field.name not in body:
            continue
        value = body[field.name]
        if field.inside and isinstance(value, Mapping):
            value = value.get(field.inside)
        if value is not None or not field.inside:  # a value of another kind goes to the service, which refuses it
            step, _, name = field.form.partition("/")
            steps.setdefault(step, {})[name] = value
    return steps


def foreseen(use: Session, change: Json) -> Json:
    """Return the consequences of a change. Nothing is changed. Raises: RefusedError."""
    found: Json = use.client.ask("POST", use.address("foresee_change"), body=change).body
    return found


def show(use: Session, found: Json) -> None:
    """Print the consequences of a change."""
    if found.get("members"):
        use.output.item(found, FORESEEN_MEMBERS, rows="members/value")
    else:
        use.output.item(found, FORESEEN, rows="value")


def tell(found: Mapping[str, Any]) -> None:
    """Write, before a question, on how many Cloud PCs a bulk action is possible."""
    say(f"It is possible on {found['possible']} Cloud PC(s), and refused on {found['refused']}.")
