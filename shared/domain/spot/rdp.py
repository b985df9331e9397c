"""The redirections of a Spot Group, and the RDP properties of its host pool that they come to.

The properties: learn.microsoft.com/azure/virtual-desktop/rdp-properties.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.domain.networks.connection import JoinType
from shared.domain.values import Value


class Redirections(Value):
    """What of the user's own device reaches their desktop, and how its window opens.

    The defaults are those of Spot PC's form (docs/notes/spotpc-avd.md 1.7).
    """

    drives: bool = True
    printers: bool = True
    audio_output: bool = True
    clipboard: bool = True
    audio_input: bool = True
    cameras: bool = True
    plug_and_play_devices: bool = False
    com_ports: bool = False
    smart_cards: bool = False
    usb_devices: bool = False
    full_screen: bool = False
    multiple_monitors: bool = False


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
