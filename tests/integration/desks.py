"""Azure Virtual Desktop and machines on paper, as the engine of a Spot Group reads and writes them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from shared.contracts.outcomes import MissingError, Refused, UnansweredError
from shared.domain.cloud_pcs.build import Resources
from shared.domain.images.image import ImageSource
from shared.domain.policies.policy import Assignment
from shared.domain.spot.groups.group import LicenseType, SpotGroup
from shared.domain.spot.groups.members import MemberStatus, Rights, SpotMember
from shared.domain.spot.hosts.host import AppliedWindows, HostStatus, SessionHost, windows_of
from shared.domain.spot.images.image_version import ImageVersion, VersionStatus
from tests.integration import things

GROUP_ID = "0123456789abcdef0123"
_RG = f"/subscriptions/{things.SUBSCRIPTION}/resourceGroups/deskwright-contoso-spot-{GROUP_ID}"
_POOL = f"{_RG}/providers/Microsoft.DesktopVirtualization/hostPools/dw-spot-{GROUP_ID}"


def spot_group(**changes: Any) -> SpotGroup:
    value = SpotGroup(
        id=GROUP_ID,
        tenant_id=things.TENANT_ID,
        display_name="Office",
        friendly_name="Office",
        profile_path=r"\\files\profiles",
        license_type=LicenseType.POOLED,
        quantity=30,
        site_id="west",
        connection_id="c1",
        assignments=(Assignment(id="a", group_id="g1", assigned_at=things.NOW),),
        image_set_id="set",
        image_version="1.0.0",
        created_date_time=things.NOW,
        last_modified_date_time=things.NOW,
    )
    return value.but(**changes)


def image_version(version: str = "1.0.0", **changes: Any) -> ImageVersion:
    value = ImageVersion(
        id=f"set-{version}",
        tenant_id=things.TENANT_ID,
        image_set_id="set",
        version=version,
        status=VersionStatus.AVAILABLE,
        source=things.SOURCE,
        source_name="Windows",
        gallery_version_id=f"/galleries/g/images/i/versions/{version}",
        created_date_time=things.NOW,
        last_modified_date_time=things.NOW,
    )
    return value.but(**changes)


def session_host(number: int, **changes: Any) -> SessionHost:
    value = SessionHost(
        id=f"h{number}",
        tenant_id=things.TENANT_ID,
        spot_group_id=GROUP_ID,
        status=HostStatus.READY,
        image_set_id="set",
        image_version="1.0.0",
        image=ImageSource(gallery_version_id="/galleries/g/images/i/versions/1.0.0"),
        connection_id="c1",
        resources=Resources(
            vm_id=f"{_RG}/providers/Microsoft.Compute/virtualMachines/host-h{number}",
            host_pool_id=_POOL,
            session_host=f"spot-{number}",
        ),
        proven=True,
        applied=AppliedWindows(windows=windows_of(spot_group(), things.connection().join_type), at=things.NOW),
        created_date_time=things.NOW,
        last_modified_date_time=things.NOW,
    )
    return value.but(**changes)


def member(name: str, **changes: Any) -> SpotMember:
    value = SpotMember(
        id=f"m-{name}",
        tenant_id=things.TENANT_ID,
        group_id=GROUP_ID,
        user_id=f"id-{name}",
        user_principal_name=f"{name}@contoso.example",
        status=MemberStatus.ENTITLED,
        rights=Rights.GRANTED,
        first_seen_date_time=things.NOW,
        changed_date_time=things.NOW,
    )
    return value.but(**changes)


@dataclass
class Desk:
    """One machine in the pool."""

    status: str = "Available"
    power: str = "running"
    allows: bool = True
    sessions: dict[str, str] = field(default_factory=dict)  # user -> state
    numbers: dict[str, int] = field(default_factory=dict)  # of their sessions, which stay while others end
    began: datetime | None = None


@dataclass
class PaperDesks:
    """The pool with its machines. *silent*: its lists are not answered. *vms*: what a list of machines shows.

    *missing*: the code of a 404. *scaled_by*: a scaling plan that is enabled for the pool.
    """

    desks: dict[str, Desk] = field(default_factory=dict)
    silent: bool = False
    left_out: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)
    pool: dict[str, Any] = field(default_factory=dict)
    vms: list[Any] = field(default_factory=list)
    missing: str = "ResourceNotFound"
    scaled_by: str | None = None

    def desktops(self, subscription_id: str) -> Any:
        assert subscription_id == things.SUBSCRIPTION
        sessions = SimpleNamespace(
            list_by_host_pool=self.all_sessions, list=self.sessions, send_message=self.tell, delete=self.sign_off
        )
        hosts = SimpleNamespace(list=self.hosts, get=self.host, update=self.update_host)
        return SimpleNamespace(
            session_hosts=hosts,
            user_sessions=sessions,
            host_pools=SimpleNamespace(update=self.update_pool),
            scaling_plans=SimpleNamespace(list_by_host_pool=self.scaling_plans),
        )

    def compute(self, subscription_id: str) -> Any:
        assert subscription_id == things.SUBSCRIPTION
        return SimpleNamespace(
            virtual_machines=SimpleNamespace(
                instance_view=self.instance_view, list=self.machines, list_all=self.statuses, get=self.machine
            ),
            resource_skus=SimpleNamespace(list=self.sizes),
        )

    async def sizes(self, **_: str) -> AsyncIterator[Any]:
        """Two sizes with eight cores, and one with two; only the first can hibernate."""
        for name, cores, memory in (("D8s_v5", 8, 32), ("D8as_v5", 8, 32), ("D2s_v5", 2, 8)):
            has = {"vCPUs": cores, "MemoryGB": memory, "HibernationSupported": name == "D8s_v5"}
            yield SimpleNamespace(
                resource_type="virtualMachines",
                name=f"Standard_{name}",
                family=f"standard{name}Family",
                location_info=(),
                restrictions=(),
                capabilities=[SimpleNamespace(name=each, value=str(value)) for each, value in has.items()],
            )

    def _desk(self, name: str) -> Desk:
        if name not in self.desks:
            raise MissingError(Refused(code=self.missing, message=name))
        return self.desks[name]

    def _shown(self, name: str) -> Any:
        desk = self._desk(name)
        return SimpleNamespace(
            id=f"{_POOL}/sessionHosts/{name}", status=desk.status, allow_new_session=desk.allows, resource_id=""
        )

    async def hosts(self, _group: str, _pool: str) -> AsyncIterator[Any]:
        self.calls.append("list hosts")
        if self.silent:
            raise UnansweredError("InternalServerError", "try again")
        for name in self.desks:
            if name not in self.left_out:
                yield self._shown(name)

    async def host(self, _group: str, _pool: str, name: str) -> Any:
        self.calls.append(f"get {name}")
        return self._shown(name)

    async def update_host(self, _group: str, _pool: str, name: str, *, session_host: Any) -> None:
        allows = json.load(session_host)["properties"]["allowNewSession"]
        self.calls.append(f"{'open' if allows else 'drain'} {name}")
        self._desk(name).allows = allows

    async def update_pool(self, _group: str, _pool: str, body: Any) -> None:
        self.pool |= json.load(body)["properties"]

    async def scaling_plans(self, _group: str, _pool: str) -> AsyncIterator[Any]:
        if self.scaled_by:
            mine = SimpleNamespace(host_pool_arm_path=_POOL.lower(), scaling_plan_enabled=True)
            yield SimpleNamespace(name=self.scaled_by, host_pool_references=[mine])

    async def all_sessions(self, _group: str, _pool: str) -> AsyncIterator[Any]:
        self.calls.append("list sessions")
        for name in self.desks:
            for each in self._sessions(name):
                yield each

    async def sessions(self, _group: str, _pool: str, name: str) -> AsyncIterator[Any]:
        self.calls.append(f"list sessions of {name}")
        for each in self._sessions(name):
            yield each

    def _sessions(self, name: str) -> Iterator[Any]:
        desk = self._desk(name)
        for user, state in desk.sessions.items():
            number = desk.numbers.setdefault(user, len(desk.numbers) + 2)
            yield SimpleNamespace(
                id=f"{_POOL}/sessionHosts/{name}/userSessions/{number}",
                user_principal_name=user,
                session_state=state,
                create_time=self.desks[name].began,
            )

    def _user(self, name: str, number: str) -> str:
        (user,) = (user for user, own in self._desk(name).numbers.items() if own == int(number))
        return user

    async def tell(self, _group: str, _pool: str, name: str, number: str, *, send_message: Any) -> None:
        user = self._user(name, number)
        self.messages.append((user, json.load(send_message)["messageBody"]))

    async def sign_off(self, _group: str, _pool: str, name: str, number: str, *, force: bool) -> None:
        del force
        user = self._user(name, number)
        del self._desk(name).sessions[user]

    async def machines(self, _group: str) -> AsyncIterator[Any]:
        self.calls.append("list machines")
        if self.silent:
            raise UnansweredError("InternalServerError", "try again")
        for each in self.vms:
            yield each

    async def machine(self, _group: str, name: str) -> Any:
        self.calls.append(f"machine {name}")
        self._desk(name.replace("host-h", "spot-"))
        return SimpleNamespace(location="westeurope", tags={})

    async def statuses(self, *, status_only: str) -> AsyncIterator[Any]:
        assert status_only == "true"
        self.calls.append("statuses")
        if self.silent:
            raise UnansweredError("NoAnswer", "Azure did not answer")
        for name in list(self.desks):
            machine = name.replace("spot-", "host-h")
            view = await self.instance_view("", machine)
            yield SimpleNamespace(id=f"{_RG}/providers/Microsoft.Compute/virtualMachines/{machine}", instance_view=view)

    async def instance_view(self, _group: str, name: str) -> Any:
        self.calls.append(f"power {name}")
        desk = self._desk(name.replace("host-h", "spot-"))
        hibernated = desk.power == "hibernated"
        codes = [f"PowerState/{'deallocated' if hibernated else desk.power}"]
        codes += ["HibernationState/Hibernated"] if hibernated else []
        return SimpleNamespace(statuses=[SimpleNamespace(code=code) for code in codes], vm_agent=None)


def off() -> Desk:
    """Return a machine that does not run; it is open, so that Azure may start it at sign-in."""
    return Desk(status="Shutdown", power="deallocated")


def on_paper(services: Any, **desks: Desk) -> PaperDesks:
    """Put machines into the pool of the group; ``h1`` is the machine of host h1."""
    made = PaperDesks({name.replace("h", "spot-"): desk for name, desk in desks.items()})
    services.desktops, services.compute = made.desktops, made.compute
    return made


async def with_a_host(services: Any) -> None:
    """Give the office a Spot Group with one host on paper."""
    await services.spot_groups.insert(spot_group())
    await services.session_hosts.insert(session_host(1))
    on_paper(services, h1=Desk(sessions={"ada@contoso.example": "Active"}))
