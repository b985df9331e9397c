"""A Spot Group: its record, the properties of its connections, and its host pool.

The properties: learn.microsoft.com/azure/virtual-desktop/rdp-properties.

A pooled group has a pooled host pool. A personal group has one too, with one session for each host: whoever signs in
gets any free host. Only dedicated desktops are a personal host pool, whose hosts keep the user who came first.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from shared.domain.graph_property import Property
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.networks.connection import JoinType
from shared.domain.policies.policy import Assignment
from shared.domain.spot.groups.schedule import LoadBalancing
from shared.domain.spot.groups.settings import CapacitySettings
from shared.domain.spot.notes import Note
from shared.domain.tenants.tenant import Paused
from shared.domain.values import Value


class Redirections(Value):
    """Redirections of the user's own device, and display of the desktop's window.

    The defaults are those of Spot PC's form (docs/notes/spotpc-avd.md 1.7).
    """

    drives: bool = Field(True, title="Drives", description="The user's drives appear in the session.")
    printers: bool = Field(True, title="Printers", description="The user's printers appear in the session.")
    audio_output: bool = Field(True, title="Audio output", description="Sound plays on the user's device.")
    clipboard: bool = Field(True, title="Clipboard", description="Text and files can be copied in both directions.")
    audio_input: bool = Field(True, title="Audio input", description="The microphone of the user's device.")
    cameras: bool = Field(True, title="Cameras", description="The user's cameras work in the session.")
    plug_and_play_devices: bool = Field(
        False, title="Plug and Play devices", description="Those of the user work in the session."
    )
    com_ports: bool = Field(False, title="COM ports", description="Those of the user's device work in the session.")
    smart_cards: bool = Field(False, title="Smart cards", description="The user's smart cards work in the session.")
    usb_devices: bool = Field(False, title="USB devices", description="The user's USB devices work in the session.")
    full_screen: bool = Field(False, title="Full screen", description="The desktop opens on the whole screen.")
    multiple_monitors: bool = Field(False, title="Multiple monitors", description="The desktop uses all monitors.")


_PROPERTIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "drives": ("drivestoredirect:s:*", "drivestoredirect:s:"),
        "printers": ("redirectprinters:i:1", "redirectprinters:i:0"),
        "audio_output": ("audiomode:i:0", "audiomode:i:2"),
        "clipboard": ("redirectclipboard:i:1", "redirectclipboard:i:0"),
        "audio_input": ("audiocapturemode:i:1", "audiocapturemode:i:0"),
        "cameras": ("camerastoredirect:s:*", "camerastoredirect:s:"),
        "plug_and_play_devices": ("devicestoredirect:s:*", "devicestoredirect:s:"),
        "com_ports": ("redirectcomports:i:1", "redirectcomports:i:0"),
        "smart_cards": ("redirectsmartcards:i:1", "redirectsmartcards:i:0"),
        "usb_devices": ("usbdevicestoredirect:s:*", "usbdevicestoredirect:s:"),
        "full_screen": ("screen mode id:i:2", "screen mode id:i:1"),
        "multiple_monitors": ("use multimon:i:1", "use multimon:i:0"),
    }
)
"""Each redirection: the property when it is allowed, and when it is not."""


def rdp_properties(redirections: Redirections, join: JoinType, *, single_sign_on: bool) -> str:
    """Return the host pool's ``customRdpProperty``; every property is said, so that no default of Azure's decides."""
    said = [allowed if getattr(redirections, name) else refused for name, (allowed, refused) in _PROPERTIES.items()]
    if join is JoinType.AZURE_AD_JOIN:
        said.append("targetisaadjoined:i:1")  # allows clients outside the directory
    said.append(f"enablerdsaadauth:i:{int(single_sign_on)}")
    return "".join(f"{each};" for each in said)


USERS_PER_HOST = 10
"""Number of users for each host of a pooled group (docs/notes/spotpc-avd.md 1.9)."""


class LicenseType(StrEnum):
    """Desktop that each licence of a group gives its user; one type for the whole group, for ever."""

    POOLED = "pooled"  # a seat on a host that up to ten users share
    PERSONAL = "personal"  # a host of one's own for a session, any free one
    PERSONAL_DEDICATED = "personalDedicated"  # always the same host, which is never rebuilt


_UNC = re.compile(r"\\\\[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?(\\[\w$-][\w$ .-]{0,79}){1,8}")


def _unc(text: str) -> str:
    if not _UNC.fullmatch(text) or text[-1] in " .":
        raise ValueError(
            r"write it as \\server\share or \\server\share\folder; "
            "names have letters, digits, spaces, full stops, hyphens, underscores and $"
        )
    return text


UncPath = Annotated[str, Field(max_length=256), AfterValidator(_unc)]
"""The path of a share; it reaches a script that runs as SYSTEM, so every character of it is checked."""

Minutes = Annotated[int, Field(ge=1, le=240)]
"""A time-out of a session (docs/notes/spotpc-avd.md 1.7)."""


class Sessions(Value):
    """Behaviour of the group's sessions: redirections of the user's device, and time limits.

    *active_idle_time_out_in_minutes*: without input, until the session is disconnected.
    *disconnected_idle_time_out_in_minutes*: until a disconnected session is signed off.
    """

    active_idle_time_out_in_minutes: Minutes = Field(
        60,
        title="Disconnect idle sessions after (minutes)",
        description="1 to 240; the session stays.",
    )
    disconnected_idle_time_out_in_minutes: Minutes = Field(
        60, title="Sign off disconnected sessions after (minutes)", description="1 to 240; what is not saved is lost."
    )
    redirections: Redirections = Field(
        default_factory=Redirections,
        title="Device redirections",
        description="What of the user's own device reaches their desktop.",
    )


class HostSettings(Value):
    """Settings of the group's hosts.

    *sizes*: of these VM sizes, in this order; empty: those that the licence type promises. *hibernate*: an idle host of
    a user's own keeps its memory on disk instead of shutting down.
    """

    sizes: tuple[Annotated[str, Field(pattern=r"^Standard_[A-Za-z0-9_]{1,60}$", max_length=80)], ...] = Field(
        (),
        max_length=5,
        title="VM sizes",
        description="Tried in this order. Leave it empty to use the sizes of the licence type.",
    )
    load_balancing: LoadBalancing = Field(
        LoadBalancing.BREADTH_FIRST,
        title="Load balancing",
        description="To the host with the fewest sessions, or with the most.",
    )
    session_limit: int = Field(
        USERS_PER_HOST, ge=1, le=50, title="Sessions per host", description="How many sessions a pooled host takes."
    )
    start_on_connect: bool = Field(
        True, title="Start on connect", description="A host starts for a user who signs in while none runs."
    )
    enable_single_sign_on: bool = Field(
        True, title="Single sign-on", description="Whether users sign in with their directory's sign-in."
    )
    intune_enrollment: bool = Field(False, title="Intune", description="Whether hosts are enrolled in Intune.")
    hibernate: bool = Field(False, title="Hibernate", description="Idle personal hosts keep their memory on disk.")


class SpotGroup(Value):
    """A saved Spot Group. *quantity*: the number of members with a place; *assignments*: the groups of its members."""

    id: str
    tenant_id: str
    display_name: str
    friendly_name: str
    description: str = ""
    notes: tuple[Note, ...] = ()
    tags: dict[str, str] = Field(default_factory=dict)
    profile_path: str
    data_path: str | None = None
    license_type: LicenseType
    quantity: int
    site_id: str
    connection_id: str
    assignments: tuple[Assignment, ...] = ()
    image_set_id: str
    image_version: str
    sessions: Sessions = Field(default_factory=Sessions)
    hosts: HostSettings = Field(default_factory=HostSettings)
    capacity: CapacitySettings = Field(default_factory=CapacitySettings)
    release_id: str | None = None  # of the latest release, open or not
    paused: Paused | None = None
    deleting_since: datetime | None = None
    created_date_time: datetime
    last_modified_date_time: datetime

    @property
    def group_ids(self) -> tuple[str, ...]:
        """The directory groups whose members may use the Spot Group."""
        return tuple(assignment.group_id for assignment in self.assignments)

    @property
    def pooled(self) -> bool:
        """Whether its users share hosts."""
        return self.license_type is LicenseType.POOLED

    @property
    def users_per_host(self) -> int:
        """Number of users for each host."""
        return USERS_PER_HOST if self.pooled else 1

    @property
    def host_count(self) -> int:
        """Number of hosts for its quantity."""
        return -(-self.quantity // self.users_per_host)


PROPERTIES = (
    Property("displayName", "", "display_name", searched=True),
    Property("friendlyName", "", "friendly_name", searched=True),
    Property("description", "", "description", searched=True),
    Property("tags", "", "tags"),
    Property("profilePath", "", "profile_path", listed=False),
    Property("dataPath", "", "data_path", listed=False),
    Property("licenseType", "", "license_type"),
    Property("quantity", "", "quantity"),
    Property("siteId", "", "site_id"),
    Property("connectionId", "", "connection_id"),
    Property("imageSetId", "", "image_set_id"),
    Property("imageVersion", "", "image_version"),
    Property("sessions", "", "sessions"),
    Property("hosts", "", "hosts"),
    Property("capacity", "", "capacity"),
)
"""The properties of a Spot Group that its wizards set."""

HARDWARE: Mapping[LicenseType, tuple[int, int, int]] = MappingProxyType(
    {
        LicenseType.POOLED: (8, 32, 128),
        LicenseType.PERSONAL: (2, 8, 128),
        LicenseType.PERSONAL_DEDICATED: (2, 8, 128),
    }
)
"""Hardware of each host by licence type: vCPUs, memory and OS disk in GB (docs/notes/spotpc-avd.md 1.9)."""


def host_hardware(license_type: LicenseType) -> ServicePlan:
    """Return the hardware of a host, in the form in which capacity is allocated."""
    cores, memory, disk = HARDWARE[license_type]
    return ServicePlan(
        id=license_type.value,
        sku_part_number=license_type.value,
        display_name=f"Session host {cores}vCPU/{memory}GB/{disk}GB",
        v_cpu_count=cores,
        ram_in_gb=memory,
        storage_in_gb=disk,
    )


_BALANCING = {LoadBalancing.BREADTH_FIRST: "BreadthFirst", LoadBalancing.DEPTH_FIRST: "DepthFirst"}


def fixed_properties(group: SpotGroup) -> dict[str, Any]:
    """Return the properties that a host pool has from its creation on."""
    dedicated = group.license_type is LicenseType.PERSONAL_DEDICATED
    kind = {"hostPoolType": "Personal", "personalDesktopAssignmentType": "Automatic"} if dedicated else {}
    return {"hostPoolType": "Pooled", "preferredAppGroupType": "Desktop", **kind}


def pool_properties(
    group: SpotGroup, join: JoinType, balancing: LoadBalancing | None = None
) -> dict[str, str | int | bool]:
    """Return the properties that an edit of the group writes. *balancing*: as its schedule has it now."""
    rdp = rdp_properties(group.sessions.redirections, join, single_sign_on=group.hosts.enable_single_sign_on)
    found: dict[str, str | int | bool] = {
        "friendlyName": group.friendly_name,
        "description": group.description[:512],
        "customRdpProperty": rdp,
        "startVMOnConnect": group.hosts.start_on_connect,
    }
    if group.license_type is LicenseType.PERSONAL_DEDICATED:
        return {**found, "loadBalancerType": "Persistent"}
    limit = group.hosts.session_limit if group.pooled else 1
    return {**found, "loadBalancerType": balancer(balancing or group.hosts.load_balancing), "maxSessionLimit": limit}


def balancer(balancing: LoadBalancing) -> str:
    """Return Azure's word for how a pool's sessions are distributed."""
    return _BALANCING[balancing]


def drift_of(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the properties that differ from their *wanted* values."""
    return tuple(sorted(name for name, value in wanted.items() if _comparable(there.get(name)) != _comparable(value)))


def _comparable(value: Any) -> Any:  # noqa: ANN401 - a property of Azure's
    """Return a property in one form: Azure drops the last semicolon of RDP properties, and shows nothing for empty."""
    return value.rstrip(";") if isinstance(value, str) else value or ""
