"""The redirections of a Spot Group, as RDP properties of its host pool.

The properties: learn.microsoft.com/azure/virtual-desktop/rdp-properties.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import Field

from shared.domain.networks.connection import JoinType
from shared.domain.values import Value


class Redirections(Value):
    """Redirections of the user's own device, and display of the desktop's window.

    The defaults are those of Spot PC's form (docs/notes/spotpc-avd.md 1.7).
    """

    drives: bool = Field(True, title="Drives", description="Of the user's device.")
    printers: bool = Field(True, title="Printers", description="Of the user's device.")
    audio_output: bool = Field(True, title="Audio output", description="Sound plays on the user's device.")
    clipboard: bool = Field(True, title="Clipboard", description="In both directions.")
    audio_input: bool = Field(True, title="Audio input", description="The microphone of the user's device.")
    cameras: bool = Field(True, title="Cameras", description="Of the user's device.")
    plug_and_play_devices: bool = Field(False, title="Plug and Play devices", description="Of the user's device.")
    com_ports: bool = Field(False, title="COM ports", description="Of the user's device.")
    smart_cards: bool = Field(False, title="Smart cards", description="Of the user's device.")
    usb_devices: bool = Field(False, title="USB devices", description="Of the user's device.")
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
