"""Graph's PATCH of a provisioning policy: only what the body names, and only where it differs, is changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.domain.policies.policy import Policy
from shared.domain.wizards.edit_provisioning_policy import Form, form_of
from triggers.http.bodies.domain_joins import Reachable, connection_ids
from triggers.http.bodies.policies import READ_ONLY, SECURITY_DEFAULTS, locale, refuse_unsupported
from triggers.http.bodies.reading import Body

_OF_CONFIGURATION = {
    "cloudPcNamingTemplate": "namingTemplate",
    "localAdminEnabled": "localAdminEnabled",
    "enableSingleSignOn": "enableSingleSignOn",
    "gracePeriodInHours": "gracePeriodInHours",
}
_OPEN = frozenset({"cloudPcNamingTemplate", "gracePeriodInHours"})
"""What a policy may leave to the tenant's settings: null does."""


def policy_edit_form(raw: Mapping[str, Any], policy: Policy, view: Mapping[str, Any], reachable: Reachable) -> Form:
    """Return the wizard's form of *policy* with what *raw* changes. Raises: InvalidError.

    *view*: the policy as Graph shows it. What a body repeats of it is no change: clients send back what they have read.
    """
    body = Body({name: value for name, value in raw.items() if name not in view or not _same(name, value, view)})
    refuse_unsupported(body)
    body.read_only(*READ_ONLY)
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
        security = body.take(SECURITY_DEFAULTS)
        kept = form["configuration"]["securityDefaults"]  # what an object leaves out stays, as OData has it for PATCH
        form["configuration"]["securityDefaults"] = {**kept, **security} if isinstance(security, dict) else security
    if body.has("displayName"):
        form["detail"]["displayName"] = body.take("displayName")
    if body.has("description"):
        description = body.take("description")
        form["detail"]["description"] = "" if description is None else description
    body.settle()
    return form


def _same(name: str, value: Any, view: Mapping[str, Any]) -> bool:  # noqa: ANN401 - JSON
    """Return whether a property is as it is shown; a time may be written in more than one way."""
    shown = view[name]
    if value == shown or not name.endswith("DateTime") or not isinstance(value, str):
        return bool(value == shown)
    try:
        return datetime.fromisoformat(value) == datetime.fromisoformat(shown)
    except ValueError:
        return False
