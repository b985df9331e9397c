"""The settings of the service, read once at the start; one error names everything that is wrong with them."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

PREFIX = "DESKWRIGHT_"
VERSION = "0.1.0"
"""Version of the service: as ``pyproject.toml`` has it, which is not deployed."""
_APP_SERVICE_AUTHENTICATION = "WEBSITE_AUTH_ENABLED"  # set by the platform itself
_UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


def _https(url: str) -> str:
    if not url.startswith("https://"):
        raise ValueError("must start with https://")
    return url.rstrip("/")


def _networks(text: str) -> str:
    for each in text.split():
        ip_network(each)
    return text


Networks = Annotated[str, AfterValidator(_networks)]
Endpoint = Annotated[str, AfterValidator(_https)]
Uuid = Annotated[str, Field(pattern=_UUID)]


class SettingsError(Exception):
    """The settings are not valid: the service must not start."""


class Settings(BaseModel):
    """The settings; each is the environment variable of its name in capitals after ``DESKWRIGHT_``."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    tables_url: Endpoint = Field(description="Table service of the storage account that keeps the records")
    queues_url: Endpoint = Field(description="Queue service of the same storage account")
    key_vault_url: Endpoint = Field(description="Key Vault that keeps the domain-join passwords")
    provider_tenant_id: Uuid = Field(description="Entra tenant of the provider; provider roles are valid only in it")
    api_audience: Uuid = Field(description="Client id of the API's registration: the audience of our callers' tokens")
    arm_url: Endpoint = Field("https://management.azure.com", description="Azure Resource Manager")
    graph_url: Endpoint = Field("https://graph.microsoft.com", description="Microsoft Graph, without a version")
    prices_url: Endpoint = Field("https://prices.azure.com", description="Retail Prices API of Azure")
    metrics_url: Endpoint = Field(
        "https://{region}.metrics.monitor.azure.com", description="Azure Monitor's metrics, with {region} in it"
    )
    authority_url: Endpoint = Field("https://login.microsoftonline.com", description="Issuer of tokens")
    sign_in_client_id: Uuid | None = Field(
        None, description="App registration that people sign in with, in a browser or at a command line"
    )
    sign_in_scope: str | None = Field(
        None, description="Delegated scope that they ask for; none: access_as_user of the API's registration"
    )
    sign_in_directory: str = Field(
        "organizations",
        pattern=r"^[0-9A-Za-z.-]+$",
        description="Whose people sign in: one Entra tenant, or organizations for those of every customer",
    )
    client_id: Uuid | None = Field(None, description="User-assigned managed identity; none: the system-assigned one")
    app_client_id: Uuid | None = Field(
        None, description="Multi-tenant app for customers' directories and subscriptions"
    )
    notification_url: str | None = Field(
        None,
        description="Public address of /api/graph/notifications; none: directories are polled",
    )
    blobs_url: Endpoint | None = Field(
        None, description="Blob service that takes the exports of the tables; none: there is no export"
    )
    export_every_hours: int = Field(24, ge=1, le=24, description="Hours between two exports; 24: one each night")
    exports_kept_in_days: int = Field(30, ge=1, le=3650, description="Days that an export is kept")
    every_export_kept_in_days: int = Field(
        2, ge=1, le=3650, description="Days in which every export is kept; of an earlier day the first that is whole"
    )
    operations_kept_in_days: int = Field(
        90, ge=1, le=3650, description="Days that an operation or bulk action is kept after its end"
    )
    audit_kept_in_days: int | None = Field(
        None, ge=30, le=36_500, description="Days that an audit event is kept; none: as long as the service"
    )
    timelines_kept_in_days: int = Field(
        365, ge=30, le=36_500, description="Days that an entry of a timeline is kept, of a build that has been replaced"
    )
    releases_kept_in_days: int = Field(
        365, ge=30, le=36_500, description="Days that a release of a Spot Group is kept after its end"
    )
    usage_kept_in_days: int = Field(90, ge=1, le=3650, description="Days that recorded usage is kept")
    cost_kept_in_months: int = Field(13, ge=1, le=120, description="Months before this one of which costs are kept")
    region: str = Field(
        "",
        pattern=r"^[a-z0-9]{0,40}$",
        description="Azure region of the service itself, for its prices; none: no prices",
    )
    portal_folder: str | None = Field(None, description="Folder of the built portal; none: the one of the deployment")
    mail_url: Endpoint | None = Field(
        None, description="Azure Communication Services that send mail of notices; none: no mail of the service's own"
    )
    mail_sender: str | None = Field(None, description="Sender of that mail: an address of a verified domain")
    webhook_networks: Networks | None = Field(
        None,
        description="Private networks that webhooks may reach, as CIDR with spaces between; none: public ones alone",
    )
    clock_file: str | None = Field(None, description="Shared clock of a local run; none: the system clock")
    trust_client_principal: bool = Field(
        default=False, description="App Service authentication is enabled in front of the app: trust its headers"
    )

    @property
    def asked_scope(self) -> str:
        """The delegated scope that people ask for when they sign in."""
        return self.sign_in_scope or f"api://{self.api_audience}/access_as_user"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings from *environment*; an empty variable counts as not set.

    Raises: SettingsError naming every variable that is missing or wrong.
    """
    given = {
        name: value for name in Settings.model_fields if (value := environment.get(PREFIX + name.upper(), "").strip())
    }
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        wrong = [
            f"{PREFIX}{str(found['loc'][0]).upper()}: {'not set' if found['type'] == 'missing' else found['msg']}"
            for found in error.errors(include_url=False, include_input=False)
        ]
        raise SettingsError("; ".join(sorted(wrong))) from error
    if settings.trust_client_principal and environment.get(_APP_SERVICE_AUTHENTICATION, "").lower() != "true":
        raise SettingsError(
            f"{PREFIX}TRUST_CLIENT_PRINCIPAL: App Service authentication is not enabled here "
            f"({_APP_SERVICE_AUTHENTICATION} is not set): anybody could send its headers"
        )
    return settings
