"""The OS profile of a new machine: its computer name, its administrator, their password or keys.

A password is hashed before a handler sees the body, so what is wrong with it is noted first (`flaw`).
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

from azure_simulator.arm.reading import invalid, read
from azure_simulator.compute.machines import linux_profiles
from azure_simulator.compute.machines.linux_profiles import KNOWN_USERS
from azure_simulator.compute.machines.machine_values import LONGEST_DATA

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call

NOTE = "passwordFlaw"
LONGEST_COMPUTER = 15
LONGEST_USER = 20
LENGTHS = {"Windows": range(8, 124), "Linux": range(6, 73)}
CLASSES_NEEDED = 3
KNOWN_PASSWORDS = frozenset(
    {
        *("abc@123", "iloveyou!", "p@$$w0rd", "p@ssw0rd", "p@ssword123", "pa$$word", "pass@word1", "password!"),
        *("password1", "password22"),
    }
)
_CLASSES = (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z\d]")
_NOT_IN_USER = re.compile(r'[\\/"\[\]:|<>+=;,?*@]')
_WEAK = (
    "The supplied password must be between {lengths} characters long and must satisfy at least 3 of password "
    "complexity requirements from the following:\r\n1) Contains an uppercase character\r\n"
    "2) Contains a lowercase character\r\n3) Contains a numeric digit\r\n"
    "4) Contains a special character\r\n5) Control characters are not allowed"
)


def note_flaw(call: Call, body: object) -> None:
    """Store the fault of a new machine's password with each operating system, for `read_profile`."""
    call.notes[NOTE] = {system: flaw(body, system) for system in LENGTHS}


def flaw(body: object, system: str = "Windows") -> str:
    """Return the fault of the password in a machine's body as it came; empty without one."""
    password = _at(body, "properties", "osprofile", "adminpassword")
    if not isinstance(password, str):
        return ""
    if password.lower() in KNOWN_PASSWORDS:
        return "The Admin password specified is not allowed."
    classes = sum(re.search(each, password) is not None for each in _CLASSES)
    lengths = LENGTHS[system]
    weak = len(password) not in lengths or classes < CLASSES_NEEDED or not password.isprintable()
    return _WEAK.replace("{lengths}", f"{lengths.start}-{lengths.stop - 1}") if weak else ""


def read_profile(call: Call, system: str) -> str:
    """Check the profile of a machine with an operating system and give the computer name."""
    profile = read(call.object(), "properties.osProfile", "object")
    computer = str(read(profile, "computerName", "string", call.param("vm")))
    if system == "Linux":
        linux_profiles.check(profile, computer)
    else:
        _check_windows(profile, computer)
    if system == "Windows" or "adminPassword" in profile:
        read(profile, "adminPassword", "string")
        if call.notes.get(NOTE, {}).get(system):
            raise invalid("adminPassword", call.notes[NOTE][system])
    _check_data(profile)
    return computer


def _check_windows(profile: Json, computer: str) -> None:
    if read(profile, "linuxConfiguration", "object", None) is not None:
        raise invalid("linuxConfiguration", "Linux configuration is not allowed for a VM with Windows.")
    if len(computer) > LONGEST_COMPUTER or computer.isdigit() or not re.fullmatch(r"[A-Za-z0-9-]+", computer):
        raise invalid(
            "computerName",
            "Windows computer name cannot be more than 15 characters long, be entirely numeric, "
            "or contain the following characters: ` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : "
            ". ' \" , < > / ?.",
        )
    user = str(read(profile, "adminUsername", "string"))
    if user.lower() in KNOWN_USERS:
        raise invalid("adminUsername", f"The Admin Username specified is not allowed: {user}.")
    if len(user) > LONGEST_USER or user.endswith(".") or _NOT_IN_USER.search(user) or not user.strip():
        raise invalid(
            "adminUsername",
            "Windows admin user name cannot be more than 20 characters long, end with a period(.), or contain the "
            'following characters: \\ / " [ ] : | < > + = ; , ? * @.',
        )


def _check_data(profile: Json) -> None:
    data = str(read(profile, "customData", "string", ""))
    try:
        base64.b64decode(data, validate=True)
    except ValueError:  # also a text that is not ASCII
        data = " " * (LONGEST_DATA + 1)
    if len(data) > LONGEST_DATA:
        raise invalid(
            "customData",
            "Custom data in OSProfile must be in Base64 encoding and with a maximum length of 87380 characters.",
        )


def _at(body: object, *path: str) -> Any:  # noqa: ANN401 - JSON in any case
    for step in path:
        members = body if isinstance(body, dict) else {}
        body = next((value for key, value in members.items() if key.lower() == step), None)
    return body
