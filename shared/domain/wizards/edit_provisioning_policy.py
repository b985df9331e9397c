"""Editing a provisioning policy: the wizard's form of a saved one, read again by the wizard's rules. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.domain.images.image import ImageType
from shared.domain.policies.configuration import ConfigurationStep
from shared.domain.policies.policy import DomainJoinConfiguration, Policy
from shared.domain.wizards.create_provisioning_policy import (
    ConnectionStep,
    DetailStep,
    ImageStep,
    PolicyFacts,
    review_policy,
)
from shared.domain.wizards.forms import Reading

Form = dict[str, dict[str, Any]]


def form_of(policy: Policy) -> Form:
    """Return the form of a saved policy; its groups are no part of an edit."""
    return {
        "connection": {"connectionIds": list(policy.connection_ids)},
        "image": {"imageType": policy.image_type.value, "imageId": policy.image_id},
        "configuration": policy.configuration.to_json(),
        "groups": {"groupIds": []},
        "detail": {"displayName": policy.display_name, "description": policy.description},
    }


def changed_steps(form: Form, policy: Policy) -> frozenset[str]:
    """Return the steps that *form* changes."""
    before = form_of(policy)
    return frozenset(step for step, fields in form.items() if fields != before[step])


def checked_steps(form: Form, policy: Policy) -> frozenset[str]:
    """Return the steps that have to be right: those that change, and the image where the connections do."""
    changed = changed_steps(form, policy)
    return changed | {"image"} if "connection" in changed else changed


def read_edit(form: Form, policy: Policy, facts: PolicyFacts) -> Reading:
    """Read an edited form by the wizard's rules.

    What is not changed is not checked again: the image that a policy has, for example, may be gone since.
    """
    changed, checked = changed_steps(form, policy), checked_steps(form, policy)
    others = facts.but(policies=tuple(p for p in facts.policies if p.id != policy.id))
    _, reading = review_policy(form, others, groups_needed=False)
    return Reading(
        {step: value for step, value in reading.values.items() if step in changed},
        tuple(problem for problem in reading.problems if problem.step in checked),
    )


def fields_of(reading: Reading, facts: PolicyFacts) -> dict[str, Any]:
    """Return the fields of a policy that result from the steps of a form."""
    found: dict[str, Any] = {}
    for step in reading.values:
        found |= _FIELDS[step](reading, facts) if step in _FIELDS else {}
    return found


def _of_connection(reading: Reading, facts: PolicyFacts) -> dict[str, Any]:
    step = reading.value("connection", ConnectionStep)
    joins = {connection.id: connection.join_type for connection in facts.connections}
    ids: Iterable[str] = step.connection_ids if step else ()
    ways = (DomainJoinConfiguration(domain_join_type=joins[i], on_premises_connection_id=i) for i in ids)
    return {"domain_join_configurations": tuple(ways)}


def _of_image(reading: Reading, facts: PolicyFacts) -> dict[str, Any]:
    step = reading.value("image", ImageStep)
    if step is None:
        return {}
    if step.image_type is ImageType.GALLERY:
        image_id = step.image_id.lower()
        name = next(image.display_name for image in facts.gallery_images if image.id.lower() == image_id)
    else:
        image_id = step.image_id
        found = next(image for image in facts.images if image.id == image_id)
        name = f"{found.display_name} {found.version}"
    return {"image_type": step.image_type, "image_id": image_id, "image_display_name": name}


def _of_configuration(reading: Reading, _: PolicyFacts) -> dict[str, Any]:
    step = reading.value("configuration", ConfigurationStep)
    return {"configuration": step} if step else {}


def _of_detail(reading: Reading, _: PolicyFacts) -> dict[str, Any]:
    step = reading.value("detail", DetailStep)
    return {"display_name": step.display_name, "description": step.description} if step else {}


_FIELDS: Mapping[str, Callable[[Reading, PolicyFacts], dict[str, Any]]] = {
    "connection": _of_connection,
    "image": _of_image,
    "configuration": _of_configuration,
    "detail": _of_detail,
}
