"""Scripts and apps of a tenant, which policies run on new Cloud PCs (Graph's nearest: Intune's deviceManagementScript).

Nothing is put into a script: it runs as it was written, and it may have no secret. Each change of its content is a
version with a digest; a version is kept unchanged, so that what a Cloud PC was built with stays known.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from shared.domain.graph_property import edit_of
from shared.domain.machines.software import LONGEST_SCRIPT, PackageId, PackageVersion, check_one_of_both
from shared.domain.values import Description, Label, NamedRecord, Value, several_lines, when_written

_MOST_BYTES = 4 * LONGEST_SCRIPT
_MOST_ENCODED = 4 * (_MOST_BYTES // 3 + 1)

SECRETS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
        "a password": re.compile(
            r"""(?ix) (?: ^ | [$\-/\s"'] ) \w* (?: password | passwd | pwd | secret | api_?key ) ["']? [ \t]*
            (?: = | : | [ \t] ) [ \t]* (?: "[^"$]{4,}" | '[^']{4,}' )"""
        ),
        "a password as plain text": re.compile(
            r"""(?ix) ConvertTo-SecureString \s+ (?: -String \s+ )? (?: "[^"$]+" | '[^']+' )"""
        ),
        "a key of a storage account or a service bus": re.compile(
            r"(?i)\b(AccountKey|SharedAccessKey|SharedSecret)\s*=\s*[A-Za-z0-9+/=]{20,}"
        ),
        "a shared access signature": re.compile(r"(?i)[?&]sig=[A-Za-z0-9%+/=]{20,}"),
        "a token": re.compile(r"\beyJ[\w-]{10,}\.[\w-]{10,}\.|\bgh[pousr]_[A-Za-z0-9]{30,}|\bAKIA[0-9A-Z]{16}\b"),
    }
)
"""Forms in which secrets are commonly written into scripts. Others are not found: the form asks people."""


def found_secret(script: str) -> str | None:
    """Return the line of a script that looks like a secret, in words; None if no line does."""
    for number, line in enumerate(script.splitlines(), 1):
        for named, pattern in SECRETS.items():
            if pattern.search(line):
                return f"line {number} looks like {named}"
    return None


def decoded(content: str) -> str:
    """Return the text of a ``scriptContent``. Raises: ValueError."""
    try:
        return base64.b64decode(content, validate=True).decode("utf-8-sig")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("write the script in UTF-8, encoded in Base64") from error


def _script(content: str) -> str:
    text = several_lines(decoded(content))
    if not text.strip():
        raise ValueError("write a script: this one is empty")
    if len(text) > LONGEST_SCRIPT:
        message = f"write a script of at most {LONGEST_SCRIPT} characters"
        raise ValueError(message)
    if found := found_secret(text):
        message = f"{found}; write no secret into a script: whoever may read the machine in Azure can read it"
        raise ValueError(message)
    return content


_Content = Annotated[
    str, Field(max_length=_MOST_ENCODED, json_schema_extra={"contentEncoding": "base64"}), when_written(_script)
]


class ScriptForm(Value):
    """A script or a package: *script_content* is PowerShell in UTF-8 and Base64, run as SYSTEM in a 64-bit process."""

    display_name: Label = Field(description="unique in the tenant; warnings and timelines have it")
    description: Description = Field("", description="its purpose")
    script_content: _Content | None = Field(
        None,
        description="PowerShell in UTF-8 and Base64, without secrets; it may run more than once on a machine",
    )
    package_id: PackageId | None = Field(None, description="the id of a winget package, in place of a script")
    package_version: PackageVersion | None = Field(None, description="the newest when left out")

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        check_one_of_both(self.script_content, self.package_id, self.package_version, named="scriptContent")
        return self

    @property
    def script(self) -> str | None:
        """The text of the script, None of a package."""
        return None if self.script_content is None else decoded(self.script_content)

    @property
    def content_digest(self) -> str:
        """SHA-256 of the content that runs."""
        content = json.dumps([self.script, self.package_id, self.package_version])
        return hashlib.sha256(content.encode()).hexdigest()


ScriptEdit = edit_of(ScriptForm, "ScriptEdit", "Changed properties of a script; another content is a new version.")


class DeviceManagementScript(NamedRecord, ScriptForm):
    """A script or package of a tenant; policies refer to it. *version* counts the contents that it has had."""

    version: int = 1
    digest: str

    @property
    def form(self) -> ScriptForm:
        """The part that people set."""
        return ScriptForm.model_validate({name: getattr(self, name) for name in ScriptForm.model_fields})

    @property
    def kept(self) -> "ScriptVersion":
        """The record that keeps its content."""
        return ScriptVersion(
            tenant_id=self.tenant_id,
            script_id=self.id,
            digest=self.digest,
            version=self.version,
            script_content=self.script_content,
            package_id=self.package_id,
            package_version=self.package_version,
            created_date_time=self.last_modified_date_time,
        )

    def audited(self) -> dict[str, Any]:
        """Return the properties that an audit event keeps: the digest in place of a script."""
        audited = self.to_json()
        audited.pop("scriptContent", None)
        return audited


def version_id(script_id: str, digest: str) -> str:
    """Return the id of the record that keeps a content of a script."""
    return f"{script_id}-{digest}"


class ScriptVersion(Value):
    """The content of one version, which does not change any more."""

    tenant_id: str
    script_id: str
    digest: str
    version: int
    script_content: str | None = None
    package_id: str | None = None
    package_version: str | None = None
    created_date_time: datetime

    @property
    def id(self) -> str:
        """The id of the record: two requests that write different contents at once do not meet."""
        return version_id(self.script_id, self.digest)

    @property
    def script(self) -> str | None:
        """The text of the script, None of a package."""
        return None if self.script_content is None else decoded(self.script_content)
