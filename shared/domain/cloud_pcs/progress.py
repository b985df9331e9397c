"""Cloud PCs as people see them: progress, advice after a failure, sign-in, properties to list by."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from urllib.parse import quote, urlencode

from shared.domain.cloud_pcs.build import ORDER, TITLES, Build, Step, percent, weights
from shared.domain.cloud_pcs.cloud_pc import CloudPc, RemovalCause
from shared.domain.cloud_pcs.estimates import EndRange, Estimates, end_range
from shared.domain.cloud_pcs.lifecycle import WORKING, Phase, Status
from shared.domain.filtering import Choices, Kind, Scalar, moment
from shared.domain.networks.connection import JoinType
from shared.domain.tenants.directory import count_from
from shared.domain.values import Value, sentence

_BEGIN_AGAIN = "If it happens again, see Azure's service health of the region."

_LATE: Mapping[Step, str] = MappingProxyType(
    {
        Step.CREATE_VM: (
            "Look at the VM's boot diagnostics and the image, and whether its subnet reaches 168.63.129.16 and Azure's"
            " endpoints."
        ),
        Step.JOIN_DIRECTORY: (
            "Entra join: see that the network reaches enterpriseregistration.windows.net and login.microsoftonline.com."
            " Hybrid join: see that Entra Connect synchronises the OU, at least every 30 minutes; the tenant's"
            " hybridJoinWaitInMinutes is how long the build waits."
        ),
        Step.ENROLL_IN_INTUNE: (
            "See that the directory has Intune and Entra ID P1, that the user lies in the MDM user"
            " scope when the machine joins Entra ID alone, and that no enrolment restriction keeps Windows out:"
            " run the connection's health checks."
        ),
        Step.ASSIGN_PRIMARY_USER: "See in Intune whether the device is still there and its user has an Intune licence.",
        Step.ASSIGN_USER: (
            "See that the network reaches *.wvd.microsoft.com, and that the service's identity may assign the sign-in"
            " roles: run the connection's health checks."
        ),
    }
)

_CAPACITY: Mapping[str, str] = MappingProxyType(
    {
        "connectionunhealthy": "Run the connection's health checks and cure what they name; then retry.",
        "budget": "Raise the budget, or wait for the next month; then retry.",
        "subnetisfull": "Give the connection a larger or another subnet; then retry.",
        "diskimagenotready": "Wait until the image is replicated to the region, or build it for this site; then retry.",
        "galleryimagenotfound": "Build the image for this site, or choose another in the policy; then retry.",
    }
)
_MORE_CAPACITY = "Raise the quota, or let the site fall back to other regions; then retry."


_RETRY = "Retry it when the cause is gone."


def when_given_up(advice: str | None) -> str | None:
    """Return *advice* without its sentences about another attempt: there is none."""
    if advice is None or "next attempt" not in advice:
        return advice
    parts = [part.strip(" ;.") for sentence in advice.split(". ") for part in sentence.split(";")]
    kept = [part for part in parts if part and "next attempt" not in part]
    return " ".join([*(f"{part[0].upper()}{part[1:]}." for part in kept), _RETRY])


def when_late(step: Step) -> str:
    """Return the advice for a *step* that timed out."""
    return _LATE.get(step, _BEGIN_AGAIN)


def when_parked_for_long(code: str) -> str:
    """Return the advice for a build that found no capacity within the parking limit; *code* is the reason."""
    return _CAPACITY.get(code.lower(), _MORE_CAPACITY)


_DONE = 100
_READY, _WAITING, _NOT_PROVISIONED = "Ready", "Waiting", "Not provisioned"
_TITLES = {
    Status.FAILED: "Failed",
    Status.PENDING_PROVISION: _WAITING,
    Status.RESTORING: "Restoring",
    Status.RESIZING: "Resizing",
}


class PoolClaim(Value):
    """The answer of the warm pool to the Cloud PC's request for a machine, and when it is the user's.

    *claimed*: it has a machine that was built before; else *why* it is built like any other. *why* is also there where
    it has another machine than the one that it was to have.
    """

    claimed: bool
    why: str | None = None
    asked_date_time: datetime
    claimed_date_time: datetime | None = None
    assigned_date_time: datetime | None = None
    usable_date_time: datetime | None = None


class Progress(Value):
    """Progress of a Cloud PC. *warm_pool*: None where its policy had no warm pool when it was planned.

    It should end between *earliest_end_date_time* and *latest_end_date_time*, most likely at *estimated_end_date_time*;
    these are None when there is no estimate. *queue_position*: its place among those of the tenant that wait, from 1.
    *delay_reason*: why it takes longer than usual, None while it does not.
    """

    step: Step | None = None
    title: str
    percent_complete: int
    estimated_end_date_time: datetime | None = None
    earliest_end_date_time: datetime | None = None
    latest_end_date_time: datetime | None = None
    attempt: int = 0
    reason: str | None = None
    queue_position: int | None = None
    delay_reason: str | None = None
    warm_pool: PoolClaim | None = None


_RECORDED = Estimates()


def progress(pc: CloudPc, now: datetime, estimates: Estimates = _RECORDED) -> Progress:
    """Return the progress of *pc* at the moment *now*."""
    return _progress(pc, now, estimates).but(warm_pool=_pool_claim(pc))


def _pool_claim(pc: CloudPc) -> PoolClaim | None:
    use = pc.current.pool
    if use is None:
        return None
    return PoolClaim(
        claimed=use.claimed,
        why=use.why,
        asked_date_time=use.asked_at,
        claimed_date_time=use.claimed_at,
        assigned_date_time=pc.current.resources.assigned_at if use.claimed else None,
        usable_date_time=pc.provisioned_date_time if pc.status in WORKING else None,
    )


def _progress(pc: CloudPc, now: datetime, estimates: Estimates) -> Progress:
    if pc.status in WORKING:
        return Progress(title=_READY, percent_complete=_DONE, attempt=pc.current.attempt)
    if pc.status is Status.PROVISIONING:
        return _of_attempt(pc.current, now, estimates)
    at = percent(pc.current.step, _join_type(pc.current)) if pc.status is Status.FAILED else 0
    found = _without_attempt(pc.current, _TITLES.get(pc.status, _NOT_PROVISIONED), at)
    waits = pc.status is Status.PENDING_PROVISION
    return found.but(queue_position=estimates.places.get(pc.id)) if waits else found


def replacement_progress(pc: CloudPc, now: datetime, estimates: Estimates = _RECORDED) -> Progress | None:
    """Return the progress of the replacement of *pc* at *now*, or None without a replacement."""
    build = pc.replacement
    if build is None or not build.unfinished:
        return None
    if not pc.goes_on(build):
        return _without_attempt(build, _NOT_PROVISIONED, 0)
    if build.phase is Phase.BUILDING:
        return _of_attempt(build, now, estimates)
    return _without_attempt(build, _WAITING, 0)


def _of_attempt(build: Build, now: datetime, estimates: Estimates) -> Progress:
    join, began = _join_type(build), build.step_started_at or now
    end = _ready_at(build, end_range(estimates.of(join, build.step).left, began, now), now)
    return Progress(
        step=build.step,
        title=TITLES[build.step] if build.step else "Starting",
        percent_complete=_percent(build.step, join, max(0.0, (now - began).total_seconds())),
        estimated_end_date_time=end.likely,
        earliest_end_date_time=end.earliest,
        latest_end_date_time=end.latest,
        attempt=build.attempt,
        delay_reason=_delay(build, join, now - began, estimates),
    )


_SETTLES = timedelta(minutes=1)
"""The longest time between the moment at which the user's roles count and the end of the build."""


def _ready_at(build: Build, end: EndRange, now: datetime) -> EndRange:
    """Return when it should be ready: all is done, and the user's roles count."""
    given_at = build.resources.sign_in_given_at
    if given_at is None or build.step not in ORDER[2:]:  # before that they are those of an earlier machine
        return end
    counts = count_from(given_at)
    if build.step is Step.AWAIT_SIGN_IN_RIGHTS:  # nothing else is left
        ready = max(now, counts)
        return EndRange(earliest=ready, likely=ready, latest=ready + _SETTLES)
    return end.no_earlier(counts)


def _delay(build: Build, join: JoinType, spent: timedelta, estimates: Estimates) -> str | None:
    """Return why it takes longer than usual, None while it does not."""
    if build.step is not None and estimates.longer_than_usual(join, build.step, spent):
        minutes = int(spent.total_seconds()) // 60
        return f"The step '{TITLES[build.step]}' has taken {minutes} minutes, longer than usual."
    if build.attempt > 1:
        failed = build.last_error
        why = f" The attempt before it failed: {failed.message}" if failed else ""
        return f"This is attempt {build.attempt}.{why}"
    if build.parked_since is not None:
        return "It has waited for capacity."
    return None


def _without_attempt(build: Build, title: str, at: int) -> Progress:
    said = build.reason or (build.last_error.message if build.last_error else "")
    reason = sentence(said) or None
    return Progress(step=build.step, title=title, percent_complete=at, attempt=build.attempt, reason=reason)


def _join_type(build: Build) -> JoinType:
    return build.snapshot.join_type if build.snapshot else JoinType.AZURE_AD_JOIN


def _percent(step: Step | None, join: JoinType, spent: float) -> int:
    """Return the percentage *spent* seconds into *step*: it moves on within a step, never into the next one."""
    begun = percent(step, join)
    if step is None or step not in ORDER:
        return begun
    at, usual = ORDER.index(step), weights(join)[step]
    end = percent(ORDER[at + 1], join) if at + 1 < len(ORDER) else _DONE - 1
    return begun + int((end - begun) * min(1.0, spent / usual if usual else 0.0))


ADDRESS = "https://windows.cloud.microsoft"
"""The page on which users find all their desktops after signing in."""


class PublishedDesktop(Value):
    """A desktop as Azure Virtual Desktop publishes it: object ids of its workspace, its own, and its directory's id."""

    workspace_id: str
    resource_id: str
    directory_id: str

    @property
    def address(self) -> str:
        """The link that opens it in a browser (learn.microsoft.com/windows-app/direct-launch-urls)."""
        return f"{ADDRESS}/webclient/avd/{self.workspace_id}/{self.resource_id}?tenant={self.directory_id}"

    def app_address(self, user_name: str) -> str:
        """Return the link that opens it in the Windows App (learn.microsoft.com/azure/virtual-desktop/uri-scheme)."""
        named = {"workspaceid": self.workspace_id, "resourceid": self.resource_id, "username": user_name, "version": 0}
        return f"ms-avd:connect?{urlencode(named, quote_via=quote, safe='@')}"


class SignInDetails(Value):
    """Address, account and computer of a sign-in; *text* is a message with all of it.

    *address*: opens the desktop in a browser, or the page of the user's desktops where which one it is cannot be said.
    *app_address*: opens the desktop in the Windows App; None where which one it is cannot be said.
    """

    address: str
    app_address: str | None = None
    user_name: str
    computer_name: str
    text: str


def sign_in_details(pc: CloudPc, desktop: PublishedDesktop | None = None) -> SignInDetails:
    """Return the sign-in details of *pc* for its user. *desktop*: the published Cloud PC, None if it is unknown."""
    user, computer = pc.user, pc.current.resources.computer_name or ""
    name = user.display_name or user.user_principal_name
    address = desktop.address if desktop else ADDRESS
    text = (
        f"Hello {name},\n\nyour Cloud PC {pc.display_name} is ready. Open {address} in a browser, or the Windows App, "
        f"and sign in as {user.user_principal_name} with your usual password. Its computer name is {computer}.\n"
    )
    return SignInDetails(
        address=address,
        app_address=desktop.app_address(user.user_principal_name) if desktop else None,
        user_name=user.user_principal_name,
        computer_name=computer,
        text=text,
    )


class DesktopSignIn(Value):
    """Instructions for users of a Spot Group to sign in; *text* is a message with all of it.

    *address*: opens the desktop in a browser, or the page of the user's desktops where Azure does not say which one it
    is. *app_address*: opens it in the Windows App; None where that is not known, or no member was named.
    *user_name*: the member's; None: the message is for everybody.
    """

    address: str
    app_address: str | None = None
    user_name: str | None = None
    text: str


def desktop_sign_in(
    desktop_name: str, desktop: PublishedDesktop | None, user_name: str | None = None, display_name: str = ""
) -> DesktopSignIn:
    """Return the sign-in details of a member of a Spot Group, or general ones without a user name."""
    address = desktop.address if desktop else ADDRESS
    greeting = f"Hello {display_name or user_name}" if user_name else "Hello"
    account = f"as {user_name} with your usual password" if user_name else "with your usual account"
    text = (
        f"{greeting},\n\nyour desktop {desktop_name} is ready. Open {address} in a browser, or the Windows App, and "
        f"sign in {account}. The first sign-in of a day may take some minutes while a machine starts.\n"
    )
    return DesktopSignIn(
        address=address,
        app_address=desktop.app_address(user_name) if desktop and user_name else None,
        user_name=user_name,
        text=text,
    )


_MOMENTS = ("createdDateTime", "lastModifiedDateTime", "provisionedDateTime", "gracePeriodEndDateTime")

COLUMNS: Mapping[str, Callable[[CloudPc], Scalar]] = {
    "displayName": lambda pc: pc.display_name,
    "userId": lambda pc: pc.user.id,
    "userPrincipalName": lambda pc: pc.user.user_principal_name,
    "userDetail/displayName": lambda pc: pc.user.display_name,
    "status": lambda pc: pc.status.value,
    "statusDetail/code": lambda pc: pc.failure.code if pc.failure else None,
    "provisioningPolicyId": lambda pc: pc.current.policy_id,
    "provisioningPolicyName": lambda pc: pc.current.snapshot.policy_name if pc.current.snapshot else None,
    "onPremisesConnectionId": lambda pc: pc.current.snapshot.connection_id if pc.current.snapshot else None,
    "onPremisesConnectionName": lambda pc: pc.current.snapshot.connection_name if pc.current.snapshot else None,
    "imageDisplayName": lambda pc: pc.current.snapshot.image_display_name if pc.current.snapshot else None,
    "servicePlanId": lambda pc: pc.plan.id,
    "servicePlanName": lambda pc: pc.plan.display_name,
    "deviceRegionName": lambda pc: pc.current.resources.region,
    "managedDeviceName": lambda pc: pc.current.resources.computer_name,
    "@deskwright.grace/cause": lambda pc: pc.grace.cause.value if pc.grace else None,
    "@deskwright.removal/cause": lambda pc: pc.removal.cause.value if pc.removal else None,
    "createdDateTime": lambda pc: moment(pc.created_date_time),
    "lastModifiedDateTime": lambda pc: moment(pc.last_modified_date_time),
    "provisionedDateTime": lambda pc: moment(pc.provisioned_date_time),
    "gracePeriodEndDateTime": lambda pc: moment(pc.grace.ends_at if pc.grace else None),
}
"""The columns of an entry, by the names of the properties. A change of them needs a new version of the list."""

KINDS = {name: Kind.MOMENT if name in _MOMENTS else Kind.TEXT for name in ("id", *COLUMNS)}

CHOICES: Choices = {
    "status": tuple(Status),
    **dict.fromkeys(("@deskwright.grace/cause", "@deskwright.removal/cause"), tuple(RemovalCause)),
}
"""The values of those that have one of a few."""

SEARCHED = ("displayName", "userPrincipalName", "userDetail/displayName", "managedDeviceName", "userId", "id")
"""Properties that ``$search`` reads."""
