"""The OS profile of a new machine: its computer name, its administrator, their password.

A password is hashed before a handler sees the body, so what is wrong with it is noted first (`flaw`).
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

from azure_simulator.arm.reading import invalid, read, unsupported

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call

NOTE = "passwordFlaw"
LONGEST_COMPUTER = 15
LONGEST_USER = 20
LENGTHS = range(8, 124)
CLASSES_NEEDED = 3
LONGEST_DATA = 87_380
KNOWN_PASSWORDS = frozenset(
    {
        *("abc@123", "iloveyou!", "p@$$w0rd", "p@ssw0rd", "p@ssword123", "pa$$word", "pass@word1", "password!"),
        *("password1", "password22"),
    }
)
KNOWN_USERS = frozenset(
    {
        *("administrator", "admin", "user", "user1", "test", "user2", "test1", "user3", "admin1", "1", "123", "a"),
        *("actuser", "adm", "admin2", "aspnet", "backup", "console", "david", "guest", "john", "owner", "root"),
        *("server", "sql", "support", "support_388945a0", "sys", "test2", "test3", "user4", "user5"),
    }
)
_CLASSES = (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z\d]")
_NOT_IN_USER = re.compile(r'[\\/"\[\]:|<>+=;,?*@]')
_WEAK = (
    "The supplied password must be between 8-123 characters long and must satisfy at least 3 of password complexity "
    "requirements from the following:\r\n1) Contains an uppercase character\r\n2) Contains a lowercase character\r\n"
    "3) Contains a numeric digit\r\n4) Contains a special character\r\n5) Control characters are not allowed"
)


def note_flaw(call: Call, body: object) -> None:
    """Note what is wrong with the password of a new machine, for `read_profile`."""
    call.notes[NOTE] = flaw(body)


def flaw(body: object) -> str:
    """Say what is wrong with the password of a machine's body as it came; empty when nothing is."""
    password = _at(body, "properties", "osprofile", "adminpassword")
    if not isinstance(password, str):
        return ""
    if password.lower() in KNOWN_PASSWORDS:
        return "The Admin password specified is not allowed."
    classes = sum(re.search(each, password) is not None for each in _CLASSES)
    weak = len(password) not in LENGTHS or classes < CLASSES_NEEDED or not password.isprintable()
    return _WEAK if weak else ""


def read_profile(call: Call) -> str:
    """Check the profile and give the computer name."""
    profile = read(call.object(), "properties.osProfile", "object")
    if read(profile, "linuxConfiguration", "object", None) is not None:
        raise unsupported("osProfile.linuxConfiguration", "A machine with Linux")
    computer = str(read(profile, "computerName", "string", call.param("vm")))
    if len(computer) > LONGEST_COMPUTER or computer.isdigit() or not re.fullmatch(r"[A-Za-z0-9-]+", computer):
        raise invalid(
            "computerName",
            "Windows computer name cannot be more than 15 characters long, be entirely numeric, "
            "or contain the following characters: ` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : "
            ". ' \" , < > / ?.",
        )
    _check_user(str(read(profile, "adminUsername", "string")))
    read(profile, "adminPassword", "string")
    if call.notes.get(NOTE):
        raise invalid("adminPassword", call.notes[NOTE])
    _check_data(profile)
    return computer


def _check_user(user: str) -> None:
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
