"""Graph's PATCH of a provisioning policy: only what the body names, and only where it differs, is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.policies.policy import Policy
from shared.domain.wizards.edit_provisioning_policy import Form, form_of
from triggers.http.bodies.domain_joins import Reachable, connection_ids
from triggers.http.bodies.policies import READ_ONLY, SECURITY_DEFAULTS, locale, refuse_unsupported
from triggers.http.bodies.reading import Body, changes, unannotated

_OF_CONFIGURATION = {
    "cloudPcNamingTemplate": "namingTemplate",
    "localAdminEnabled": "localAdminEnabled",
    "enableSingleSignOn": "enableSingleSignOn",
    "gracePeriodInHours": "gracePeriodInHours",
}
_OPEN = frozenset({"cloudPcNamingTemplate", "gracePeriodInHours"})
"""Properties that a policy leaves to the tenant's settings with null."""


def policy_edit_form(raw: Mapping[str, Any], policy: Policy, view: Mapping[str, Any], reachable: Reachable) -> Form:
    """Return the wizard's form of *policy* with the changes of *raw*. Raises: InvalidError.

    *view*: the policy as Graph shows it. What a body repeats of it is no change: clients send back what they have read.
    """
    body = Body(changes(raw, view))
    refuse_unsupported(body)
    body.only("assignments", (), "is set by assign")
    form = form_of(policy)
    if body.has("domainJoinConfigurations"):
        form["connection"]["connectionIds"] = connection_ids(body, reachable)
    for name in ("imageType", "imageId"):
        if body.has(name):
            form["image"][name] = body.take(name)
    if body.has("windowsSetting") or body.has("windowsSettings"):
        form["configuration"]["locale"] = locale(body)
    for graph, name in _OF_CONFIGURATION.items():
        if body.has(graph):
            value = body.take(graph)
            form["configuration"].pop(name, None)
            form["configuration"] |= {} if value is None and graph in _OPEN else {name: value}
    if body.has(SECURITY_DEFAULTS):
        security = unannotated(body.take(SECURITY_DEFAULTS))
        kept = form["configuration"]["securityDefaults"]  # what an object leaves out stays, as OData has it for PATCH
        form["configuration"]["securityDefaults"] = {**kept, **security} if isinstance(security, dict) else security
    if body.has("displayName"):
        form["detail"]["displayName"] = body.take("displayName")
    if body.has("description"):
        description = body.take("description")
        form["detail"]["description"] = "" if description is None else description
    body.ignore(READ_ONLY)
    body.settle()
    return form
