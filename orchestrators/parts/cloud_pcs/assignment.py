"""Post-provisioning and assignment: the last two phases of a build."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from orchestrators.parts.cloud_pcs.attempts import Attempt, claim_another
from orchestrators.parts.machines.builds import UNANSWERED
from orchestrators.parts.work import WorkFailedError
from shared.contracts.calls import WaitingWork
from shared.contracts.desktops import (
    ASSIGN_SESSION_HOST,
    BEGIN_REGISTRATION,
    GRANT_SIGN_IN,
    POLL_SESSION_HOST,
    PREPARE_HOST_POOL,
    REGISTRATION_POLL,
    RELEASE_SESSION_HOST,
    REVOKE_SIGN_IN,
    SESSION_HOST_POLL,
    SIGN_IN_POLL,
    AssignmentOrder,
    ForgetSessionHostOrder,
    HostPoolOrder,
    HostPoolReady,
    RegistrationOrder,
    RightsGiven,
    SessionHostOrder,
    SignInRightsOrder,
)
from shared.contracts.joining import PRIMARY_USER_POLL, SET_PRIMARY_USER, PrimaryUserOrder
from shared.contracts.machines import POLL_OPERATION, Finished, Machine
from shared.contracts.outcomes import Accepted, NoCapacity, Pending, Refused
from shared.contracts.provisioning import (
    BEGIN_CONFIGURATION,
    CONFIGURATION_POLL,
    READ_CONFIGURATION,
    ConfigurationOrder,
    Configured,
    ProvisionOrder,
    Replaced,
    configuration_for,
)
from shared.domain.cloud_pcs.build import Step, Warn
from shared.domain.cloud_pcs.windows_steps import LOCAL_ADMINISTRATOR, wanted_steps
from shared.domain.tenants.directory import count_from
from shared.workflow import CallFailedError, Context, Steps, call, pause, predates, wait_for


def configure(attempt: Attempt, machine: Machine) -> Steps[None]:
    """Configure Windows as the policy wants it; failures are kept as warnings of the attempt."""
    if attempt.is_done(Step.CONFIGURE_WINDOWS):
        return
    yield from attempt.begin(Step.CONFIGURE_WINDOWS)
    snapshot = attempt.order.snapshot
    steps = tuple(step for step in wanted_steps(snapshot) if step != LOCAL_ADMINISTRATOR or not attempt.order.in_pool)
    order = configuration_for(machine, attempt.order.user, snapshot, steps)
    attempt.warnings = yield from configure_windows(attempt.ctx, order, attempt.waiting)


def configure_windows(
    ctx: Context, order: ConfigurationOrder, waiting: WaitingWork | None = None
) -> Steps[tuple[Warn, ...]]:
    """Run the steps in one run command that reports per step; return the warnings."""
    try:
        operation = yield from call(ctx, BEGIN_CONFIGURATION, order, waiting)
        if not isinstance(operation, Accepted):
            return _all_failed(order, operation)
        running = order.machine.poll_order(operation)
        ended = yield from wait_for(ctx, POLL_OPERATION, running, CONFIGURATION_POLL, waiting)
        if not isinstance(ended, Finished):
            return _all_failed(order, ended)
        configured = yield from call(ctx, READ_CONFIGURATION, order, waiting)
    except CallFailedError as error:
        return tuple(Warn(step=step, message=error.reason) for step in order.steps)
    return configured.warnings if isinstance(configured, Configured) else _all_failed(order, configured)


def _all_failed(order: ConfigurationOrder, outcome: Refused | NoCapacity | Pending) -> tuple[Warn, ...]:
    detail = outcome.note if isinstance(outcome, Pending) else f"{outcome.code}: {outcome.message}"
    message = detail or "the run command did not end in time"
    return tuple(Warn(step=step, message=message) for step in order.steps)


def assign_user(attempt: Attempt, machine: Machine) -> Steps[None]:
    """Register the machine in the tenant's personal host pool, give it to the user, and let them sign in."""
    pool = yield from begin_assignment(attempt)
    session_host = yield from register(attempt, machine, pool)
    yield from attempt.do(ASSIGN_SESSION_HOST, assignment(attempt.order, machine, pool.host_pool_id, session_host))
    yield from let_sign_in(attempt, machine, pool)
    yield from await_rights(attempt)


def give_member(attempt: Attempt, machine: Machine) -> Steps[None]:
    """Give the user the machine of a member of the warm pool.

    Their roles come first, because they take minutes to count; meanwhile the machine is assigned, and gets what needs
    the user. What fails of the latter is a warning: the user can work.
    """
    pool = yield from begin_assignment(attempt)
    yield from let_sign_in(attempt, machine, pool)
    session_host = attempt.resources.session_host or (yield from register(attempt, machine, pool))
    yield from attempt.do(ASSIGN_SESSION_HOST, assignment(attempt.order, machine, pool.host_pool_id, session_host))
    if attempt.resources.assigned_at is None:
        attempt.add_resources(assigned_at=attempt.ctx.current_utc_datetime)
    yield from attempt.begin(Step.AWAIT_SIGN_IN_RIGHTS)
    attempt.warnings += yield from make_personal(attempt, machine)
    given_at = attempt.resources.sign_in_given_at or attempt.ctx.current_utc_datetime
    if (left := count_from(given_at) - attempt.ctx.current_utc_datetime) > timedelta():
        yield from pause(attempt.ctx, left)


def give_or_claim_another(attempt: Attempt, machine: Machine) -> Steps[None]:
    """Give the user the machine of a member, or another member if Azure refuses that. Raises: as ``claim_another``.

    A call without an answer may have given it to them: then the next attempt goes on with the same machine.
    """
    try:
        yield from give_member(attempt, machine)
    except WorkFailedError as failed:
        if attempt.order.another and failed.failure.code != UNANSWERED:
            pool_id = attempt.resources.host_pool_id
            with suppress(WorkFailedError):  # the role on a machine goes with it at the latest
                yield from attempt.do(REVOKE_SIGN_IN, ForgetSessionHostOrder(machine=machine, host_pool_id=pool_id))
            yield from claim_another(attempt, failed.failure.message)
        raise


def make_personal(attempt: Attempt, machine: Machine) -> Steps[tuple[Warn, ...]]:
    """Make the user the primary user and, by the policy, a local administrator; return failures as warnings."""
    order = attempt.order
    failed: tuple[Warn, ...] = ()
    device_id = str(attempt.resources.managed_device_id)
    primary = PrimaryUserOrder(tenant_id=order.tenant_id, managed_device_id=device_id, user_id=order.user.id)
    try:
        yield from attempt.wait(SET_PRIMARY_USER, primary, PRIMARY_USER_POLL)
    except WorkFailedError as error:
        failed = (Warn(step=Step.ASSIGN_PRIMARY_USER.value, message=error.failure.message),)
    if LOCAL_ADMINISTRATOR not in wanted_steps(order.snapshot):
        return failed
    administrator = configuration_for(machine, order.user, order.snapshot, (LOCAL_ADMINISTRATOR,))
    return failed + (yield from configure_windows(attempt.ctx, administrator, attempt.waiting))


def take_place(attempt: Attempt, machine: Machine, before: Replaced) -> Steps[None]:
    """Register the new machine, give the user its roles, and move their assignment from the old machine to it.

    They never have both. Between two calls they have neither; when the second one fails, the first is undone.
    """
    pool = yield from begin_assignment(attempt)
    session_host = yield from register(attempt, machine, pool)
    yield from let_sign_in(attempt, machine, pool)
    yield from await_rights(attempt)
    old = before.remains
    try:
        release = ForgetSessionHostOrder(
            machine=old.machine(), host_pool_id=old.host_pool_id, unless_in_use=before.unless_in_use
        )
        yield from attempt.do(RELEASE_SESSION_HOST, release)
        yield from attempt.do(ASSIGN_SESSION_HOST, assignment(attempt.order, machine, pool.host_pool_id, session_host))
    except WorkFailedError:
        yield from give_back(attempt, before)
        raise


def give_back(attempt: Attempt, before: Replaced) -> Steps[None]:
    """Assign the user to the machine they had. Raises: WorkFailedError when that fails too."""
    old = before.remains
    if old.host_pool_id is None or before.session_host is None:
        return
    yield from attempt.do(
        ASSIGN_SESSION_HOST, assignment(attempt.order, old.machine(), old.host_pool_id, before.session_host)
    )


def assignment(order: ProvisionOrder, machine: Machine, host_pool_id: str, session_host: str) -> AssignmentOrder:
    """Return the order that gives a session host to the user."""
    return AssignmentOrder(
        machine=machine,
        host_pool_id=host_pool_id,
        session_host=session_host,
        user_principal_name=order.user.user_principal_name,
        user_id=order.user.id,
    )


def begin_assignment(attempt: Attempt) -> Steps[HostPoolReady]:
    """Begin the step, or go on after it where its rights were waited for; return the pool."""
    yield from attempt.begin(Step.AWAIT_SIGN_IN_RIGHTS if attempt.is_done(Step.ASSIGN_USER) else Step.ASSIGN_USER)
    return (yield from prepare_host_pool(attempt))


def give_rights_early(attempt: Attempt, machine: Machine) -> Steps[None]:
    """Give the user the roles they sign in with as soon as there is a machine, so that they count when it is ready.

    What prevents it now stops nothing: the assignment gives them again, and waits for longer then.
    """
    if predates(attempt.ctx, "1.1"):
        return
    try:
        pool = yield from attempt.once(PREPARE_HOST_POOL, pool_order(attempt.order))
        attempt.add_resources(host_pool_id=pool.host_pool_id)
        given = yield from attempt.once(GRANT_SIGN_IN, rights(attempt, machine, pool))
    except WorkFailedError:
        return
    if isinstance(given, RightsGiven):
        attempt.add_resources(sign_in_given_at=given.since)


def let_sign_in(attempt: Attempt, machine: Machine, pool: HostPoolReady) -> Steps[None]:
    """Assign the sign-in roles to the user, also where they have been removed since."""
    given = yield from attempt.wait(GRANT_SIGN_IN, rights(attempt, machine, pool), SIGN_IN_POLL)
    attempt.add_resources(sign_in_given_at=given.since or attempt.ctx.current_utc_datetime)


def rights(attempt: Attempt, machine: Machine, pool: HostPoolReady) -> SignInRightsOrder:
    """Return the order that lets the user sign in to the machine."""
    order = attempt.order
    return SignInRightsOrder(
        machine=machine,
        application_group_id=pool.application_group_id,
        user_id=order.user.id,
        join_type=order.snapshot.join_type,
        given=attempt.resources.sign_in_given_at is not None,
    )


def await_rights(attempt: Attempt) -> Steps[None]:
    """Wait until Azure honours the user's roles: ten minutes after they were assigned."""
    given_at, ctx = attempt.resources.sign_in_given_at, attempt.ctx
    if predates(ctx, "1.1") or given_at is None:
        return
    if (left := count_from(given_at) - ctx.current_utc_datetime) > timedelta():
        if not attempt.is_done(Step.ASSIGN_USER):
            yield from attempt.begin(Step.AWAIT_SIGN_IN_RIGHTS)
        yield from pause(ctx, left)


def prepare_host_pool(attempt: Attempt) -> Steps[HostPoolReady]:
    """Make sure that the tenant has its personal host pool for this join and way to sign in."""
    pool = yield from attempt.do(PREPARE_HOST_POOL, pool_order(attempt.order))
    attempt.add_resources(host_pool_id=pool.host_pool_id)
    return pool


def pool_order(order: ProvisionOrder) -> HostPoolOrder:
    """Return the order for the pool of this join and way to sign in."""
    return HostPoolOrder(
        tenant_id=order.tenant_id,
        subscription_id=order.subscription_id,
        resource_group=order.tenant_resource_group,
        region=order.regions[0],
        join_type=order.snapshot.join_type,
        single_sign_on=order.snapshot.configuration.enable_single_sign_on,
    )


def register(attempt: Attempt, machine: Machine, pool: HostPoolReady) -> Steps[str]:
    """Register the machine in the pool and wait until it answers there; return its name."""
    if attempt.resources.session_host is None:  # else it was registered by the attempt that this one goes on from
        join = attempt.order.snapshot.join_type
        order = RegistrationOrder(machine=machine, host_pool_id=pool.host_pool_id, join_type=join)
        operation = yield from attempt.do(BEGIN_REGISTRATION, order)
        yield from attempt.finish(machine, operation, REGISTRATION_POLL)
    host = yield from attempt.wait(
        POLL_SESSION_HOST,
        SessionHostOrder(machine=machine, host_pool_id=pool.host_pool_id),
        SESSION_HOST_POLL,
    )
    attempt.add_resources(session_host=host.name)
    return host.name
