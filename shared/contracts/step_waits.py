"""The longest that one call, wait or part of a step may take, so that a stalled instance is noticed in time.

``Workflow.longest_wait`` is that of all steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from shared.contracts.desktops import REGISTRATION_POLL, SESSION_HOST_POLL, SIGN_IN_POLL
from shared.contracts.images import CAPTURE_POLL, IMPORT_STEP, REPLICATION_POLL
from shared.contracts.joining import DEVICE_POLL, ENROLLMENT_SCRIPT_POLL, PRIMARY_USER_POLL
from shared.contracts.machines import AGENT_POLL, DELETE_POLL, EXTENSION_POLL, NETWORK_POLL, VM_POLL
from shared.contracts.provisioning import CONFIGURATION_POLL, ProvisionOrder
from shared.contracts.scripts import SCRIPT_WAIT
from shared.domain.cloud_pcs.build import Step
from shared.domain.tenants.directory import TAKE_EFFECT_WITHIN

_SHORT = timedelta(minutes=30)
"""Longest wait of a call for a rate limit, in a step that only calls."""

_CLEANING = 4 * DELETE_POLL.timeout
"""A clean-up is counted as one part: session host, VM, interface and disk, one after the other."""

_OF_BUILD: Mapping[Step, timedelta] = MappingProxyType(
    {
        Step.CLEAN_UP: _CLEANING,
        Step.ALLOCATE_CAPACITY: _SHORT,
        # A place without capacity is left clean.
        Step.CREATE_VM: max(each.timeout for each in (NETWORK_POLL, VM_POLL, AGENT_POLL, DELETE_POLL)),
        Step.JOIN_DIRECTORY: max(EXTENSION_POLL.timeout, DEVICE_POLL.timeout),
        Step.ENROLL_IN_INTUNE: ENROLLMENT_SCRIPT_POLL.timeout,
        Step.ASSIGN_PRIMARY_USER: max(_SHORT, PRIMARY_USER_POLL.timeout),
        Step.CONFIGURE_WINDOWS: CONFIGURATION_POLL.timeout,
        Step.RUN_SCRIPTS: SCRIPT_WAIT,
        Step.ASSIGN_USER: max(each.timeout for each in (REGISTRATION_POLL, SESSION_HOST_POLL, SIGN_IN_POLL)),
        Step.AWAIT_SIGN_IN_RIGHTS: TAKE_EFFECT_WITHIN + _SHORT,
    }
)

_OF_IMAGE: Mapping[str, timedelta] = MappingProxyType(
    {
        IMPORT_STEP: REPLICATION_POLL.timeout,
        "generalize": EXTENSION_POLL.timeout,
        "capture": CAPTURE_POLL.timeout,
        "replicate": REPLICATION_POLL.timeout,
    }
)


def wait_of_build(step: Step | None, order: ProvisionOrder) -> timedelta:
    """Return how long a build may be silent in *step*, which is None before its first step."""
    usual = _OF_BUILD.get(step or Step.CLEAN_UP, _CLEANING)
    match step:
        case Step.JOIN_DIRECTORY if order.domain is not None:
            return max(usual, order.hybrid_join_wait)
        case Step.ENROLL_IN_INTUNE:
            return max(usual, order.enrollment_wait)
    return usual


def wait_of_image(step: str | None) -> timedelta:
    """Return how long the build of a device image may stand still in *step*; the others create or remove a VM."""
    return _OF_IMAGE.get(step or "", DELETE_POLL.timeout)
