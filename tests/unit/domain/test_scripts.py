"""Scripts of a tenant: what may be written, and which content is another version."""

import base64

import pytest
from pydantic import ValidationError

from shared.domain.machines.software import LONGEST_SCRIPT
from shared.domain.policies.configuration import ConfigurationStep
from shared.domain.policies.script import ScriptForm
from shared.domain.values import WRITTEN


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def form(text: str) -> ScriptForm:
    written = {"displayName": "Clock", "scriptContent": encoded(text)}
    return ScriptForm.model_validate(written, context=WRITTEN)


@pytest.mark.parametrize(
    "text",
    [
        "$password = 'hunter22'",
        'net.exe use x: \\\\files\\x; Connect-It -Password "hunter22"',
        '{"password": "hunter22"}',
        "$x = ConvertTo-SecureString 'hunter22' -AsPlainText -Force",
        "AccountName=a;AccountKey=" + "A" * 40,
        "https://x.blob.core.windows.net/c/f.msi?sv=1&sig=" + "a" * 30,
        "-----BEGIN RSA PRIVATE KEY-----",
        "$t = 'ghp_" + "a" * 36 + "'",
    ],
)
def test_what_looks_like_a_secret_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(ValidationError, match="line 2 looks like"):
        form("Get-Date\n" + text)


@pytest.mark.parametrize(
    "text",
    [
        "$passwordLength = '12345'",
        'Read-Host -Prompt "Password"',
        '$password = "$env:FROM_ELSEWHERE"',
        "Set-ItemProperty -Path HKLM:\\x -Name PasswordExpiryWarning -Value 5",
    ],
)
def test_what_only_speaks_of_secrets_is_accepted(text: str) -> None:
    assert form(text).script == text


@pytest.mark.parametrize("content", ["not base64!", encoded(""), base64.b64encode(b"\xff\xfe\x00").decode()])
def test_what_is_no_text_in_base64_is_refused(content: str) -> None:
    with pytest.raises(ValidationError):
        ScriptForm.model_validate({"displayName": "Clock", "scriptContent": content}, context=WRITTEN)


def test_a_script_has_a_limited_length() -> None:
    assert form("x" * LONGEST_SCRIPT).script
    with pytest.raises(ValidationError, match="at most"):
        form("x" * (LONGEST_SCRIPT + 1))


def test_a_script_or_a_package_is_written_and_never_both() -> None:
    assert ScriptForm.model_validate({"displayName": "7-Zip", "packageId": "7zip.7zip"}).script is None
    for wrong in ({}, {"packageVersion": "1"}, {"packageId": "a.b", "scriptContent": encoded("Get-Date")}):
        with pytest.raises(ValidationError):
            ScriptForm.model_validate({"displayName": "x", **wrong})


def test_the_digest_is_that_of_the_content_alone() -> None:
    assert form("Get-Date").content_digest == form("Get-Date").but(display_name="Other").content_digest
    assert form("Get-Date").content_digest != form("Get-Date ").content_digest


def test_a_policy_names_a_script_once() -> None:
    twice = [{"scriptId": "a"}, {"scriptId": "a", "onFailure": "block"}]
    with pytest.raises(ValidationError):
        ConfigurationStep.model_validate({"scripts": twice})
