"""The OS profile of a new machine with Linux: SSH keys, a password, or both.

Sources: learn.microsoft.com/azure/virtual-machines/linux/faq, the words of Microsoft's list of
[errors](https://learn.microsoft.com/troubleshoot/azure/virtual-machines/windows/error-messages).
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from azure_simulator.arm.reading import invalid, read

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json

KNOWN_USERS = frozenset(
    {
        *("administrator", "admin", "user", "user1", "test", "user2", "test1", "user3", "admin1", "1", "123", "a"),
        *("actuser", "adm", "admin2", "aspnet", "backup", "console", "david", "guest", "john", "owner", "root"),
        *("server", "sql", "support", "support_388945a0", "sys", "test2", "test3", "user4", "user5"),
    }
)
"""Names that no administrator may have, on any operating system."""
_LONGEST = 64
_USER = re.compile(r"[A-Za-z_][\w.\-]*", re.ASCII)
_COMPUTER = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.\-]*[A-Za-z0-9])?", re.ASCII)
_KEY = re.compile(r"(ssh-rsa|ssh-ed25519) +([A-Za-z0-9+/=\s]+?)( +\S.*)?\s*", re.DOTALL)
_AUTHENTICATION = "linuxConfiguration.ssh.publicKeys"


def check(profile: Json, computer: str) -> None:
    """Refuse names, and ways to sign in, that Linux does not have."""
    if len(computer) > _LONGEST or _COMPUTER.fullmatch(computer) is None:
        raise invalid("computerName", "Linux host name cannot exceed 64 characters in length or contain _ and others.")
    user = str(read(profile, "adminUsername", "string"))
    if user.lower() in KNOWN_USERS:
        raise invalid("adminUsername", f"The Admin Username specified is not allowed: {user}.")
    if len(user) > _LONGEST or _USER.fullmatch(user) is None:
        raise invalid("adminUsername", "Linux user names begin with a letter or _ and have at most 64 characters.")
    configuration = read(profile, "linuxConfiguration", "object", {})
    keys = read(configuration, "ssh.publicKeys", "array", [])
    for key in keys:
        _check_key(key, user)
    closed = read(configuration, "disablePasswordAuthentication", "boolean", False)
    if not keys and (closed or not profile.get("adminPassword")):
        text = "Authentication using either SSH or by user name and password must be enabled in Linux profile."
        raise invalid("linuxConfiguration", text)


def _check_key(key: Json, user: str) -> None:
    """Refuse another place than the administrator's, and a text that is no public key."""
    place = f"/home/{user}/.ssh/authorized_keys"
    if read(key, "path", "string", place) != place:
        text = "Destination path for SSH public keys is currently limited to its default value "
        raise invalid(f"{_AUTHENTICATION}.path", f"{text}{place} due to a known issue in Linux provisioning agent.")
    found = _KEY.fullmatch(str(read(key, "keyData", "string")).strip())
    if found is None or not _is_key(found.group(1), found.group(2)):
        raise invalid(f"{_AUTHENTICATION}.keyData", f"The value of parameter {_AUTHENTICATION}.keyData is invalid.")


def _is_key(kind: str, text: str) -> bool:
    """Return whether a text is a key of its kind: it begins with the kind's name (RFC 4253, 6.6)."""
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        return False
    return data.startswith(len(kind).to_bytes(4, "big") + kind.encode())
