"""Whatever is sent, a form is read or refused in words; nothing else happens."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.wizards import WIZARDS
from shared.domain.wizards.create_connection import ConnectionFacts, review_connection
from shared.domain.wizards.create_device_image import ImageFacts, review_device_image
from shared.domain.wizards.create_provisioning_policy import PolicyFacts, review_policy
from shared.domain.wizards.reviews import Review
from shared.errors import InvalidError, Problem
from tests.unit.wizards import office
from triggers.http.bodies.connections import Reachable, connection_form
from triggers.http.bodies.images import device_image_form
from triggers.http.bodies.policies import assigned_group_ids, policy_form

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)

REVIEWS: dict[str, Callable[[dict[str, Any]], Review]] = {
    "create-connection": lambda form: review_connection(
        form,
        ConnectionFacts(sites=(office.SITE,), connections=(office.connection(),), subscription_id=office.SUBSCRIPTION),
    )[0],
    "create-device-image": lambda form: review_device_image(
        form,
        ImageFacts(sites=(office.SITE,), images=(office.image(),), gallery_images=(), own_images=()),
    )[0],
    "create-provisioning-policy": lambda form: review_policy(
        form,
        PolicyFacts(
            sites=(office.SITE,),
            connections=(office.connection(),),
            images=(office.image(),),
            policies=(),
            gallery_images=(office.OFFERED,),
        ),
    )[0],
}
GRAPH: dict[str, tuple[tuple[str, ...], Callable[[dict[str, Any]], Any]]] = {
    "provisioningPolicies": (
        ("displayName", "imageId", "imageType", "domainJoinConfigurations", "windowsSetting", "provisioningType"),
        lambda body: policy_form(body, Reachable((office.connection(),), (office.SITE,))),
    ),
    "assign": (("assignments",), assigned_group_ids),
    "onPremisesConnections": (
        ("displayName", "siteId", "resourceGroupId", "virtualNetworkId", "subnetId", "adDomainName", "connectionType"),
        lambda body: connection_form(body, (office.SITE, office.SITE.but(id="neu"))),
    ),
    "deviceImages": (
        ("displayName", "version", "siteId", "sourceImageResourceId", "galleryImageId"),
        lambda body: device_image_form(body, (office.SITE,)),
    ),
}


def fields(wizard: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return forms with the wizard's own steps and fields, and anything in them."""
    steps = {}
    for step in WIZARDS[wizard].steps:
        if step.accepts:
            names = [field.alias or name for name, field in step.accepts.model_fields.items()]
            steps[step.name] = st.dictionaries(st.sampled_from(names), json_values) | json_values
    return st.fixed_dictionaries({}, optional=steps)


@pytest.mark.parametrize("wizard", REVIEWS)
@given(data=st.data())
def test_any_form_is_reviewed(wizard: str, data: st.DataObject) -> None:
    form = data.draw(fields(wizard))
    review = REVIEWS[wizard](form)
    wrong = [error for step in review.steps for error in step.errors]
    assert review.valid is (not wrong)
    assert all(error.pointer.startswith("/") and error.message for error in wrong)


@pytest.mark.parametrize("resource", GRAPH)
@given(data=st.data())
def test_any_graph_body_is_read_or_refused(resource: str, data: st.DataObject) -> None:
    names, read = GRAPH[resource]
    body = data.draw(st.dictionaries(st.sampled_from(names) | st.text(max_size=8), json_values))
    problems: list[Problem] = []
    try:
        read(body)
    except InvalidError as error:
        problems.extend(error.problems)
    assert all(problem.pointer.startswith("/") and problem.message for problem in problems)
