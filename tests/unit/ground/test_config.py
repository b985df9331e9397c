"""Settings: one error names everything that is wrong, without the values."""

import pytest

from shared.config import SettingsError, read_settings

GOOD = {
    "DESKWRIGHT_TABLES_URL": "https://deskwright.table.core.windows.net/",
    "DESKWRIGHT_QUEUES_URL": "https://deskwright.queue.core.windows.net",
    "DESKWRIGHT_KEY_VAULT_URL": "https://deskwright.vault.azure.net",
    "DESKWRIGHT_PROVIDER_TENANT_ID": "5d0f6a0e-93f4-4f0a-9a53-1f1fd5d4c0de",
    "DESKWRIGHT_API_AUDIENCE": "0b8e9f5c-6a55-4d1e-8f0f-4e6f5a1c2d3b",
}


def test_an_unset_variable_has_its_default() -> None:
    settings = read_settings(GOOD)
    assert settings.arm_url == "https://management.azure.com"
    assert settings.clock_file is None
    assert not settings.trust_client_principal


def test_a_trailing_slash_of_an_address_is_removed() -> None:
    assert read_settings(GOOD).tables_url == "https://deskwright.table.core.windows.net"


def test_an_empty_variable_is_not_set() -> None:
    assert read_settings({**GOOD, "DESKWRIGHT_CLIENT_ID": " ", "DESKWRIGHT_ARM_URL": ""}).client_id is None


def test_the_audience_is_the_client_id_of_the_registration_and_gives_the_scope() -> None:
    settings = read_settings(GOOD)
    assert settings.asked_scope == f"api://{GOOD['DESKWRIGHT_API_AUDIENCE']}/access_as_user"
    named = read_settings({**GOOD, "DESKWRIGHT_SIGN_IN_SCOPE": "api://other/access_as_user"})
    assert named.asked_scope == "api://other/access_as_user"
    for audience in ("", "api://deskwright"):
        with pytest.raises(SettingsError, match=r"^DESKWRIGHT_API_AUDIENCE: "):
            read_settings({**GOOD, "DESKWRIGHT_API_AUDIENCE": audience})


def test_a_boolean_is_read_from_words() -> None:
    trusting = {**GOOD, "DESKWRIGHT_TRUST_CLIENT_PRINCIPAL": "true"}
    assert read_settings({**trusting, "WEBSITE_AUTH_ENABLED": "True"}).trust_client_principal


@pytest.mark.parametrize("platform", [{}, {"WEBSITE_AUTH_ENABLED": "False"}], ids=str)
def test_the_headers_of_app_service_are_not_trusted_where_its_authentication_is_off(platform: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="App Service authentication is not enabled"):
        read_settings({**GOOD, "DESKWRIGHT_TRUST_CLIENT_PRINCIPAL": "true", **platform})


def test_one_error_names_everything_that_is_wrong() -> None:
    wrong = {
        **GOOD,
        "DESKWRIGHT_TABLES_URL": "",
        "DESKWRIGHT_QUEUES_URL": "http://plain",
        "DESKWRIGHT_CLIENT_ID": "no-uuid",
        "DESKWRIGHT_TRUST_CLIENT_PRINCIPAL": "perhaps",
    }
    with pytest.raises(SettingsError) as raised:
        read_settings(wrong)
    problems = str(raised.value).split("; ")
    assert [problem.split(":")[0] for problem in problems] == [
        "DESKWRIGHT_CLIENT_ID",
        "DESKWRIGHT_QUEUES_URL",
        "DESKWRIGHT_TABLES_URL",
        "DESKWRIGHT_TRUST_CLIENT_PRINCIPAL",
    ]
    assert "DESKWRIGHT_TABLES_URL: not set" in problems
    assert "http://plain" not in str(raised.value)
