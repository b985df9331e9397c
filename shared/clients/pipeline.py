"""The pipeline of every call to a cloud: a token of its rate limits before it, the meaning of its errors after it.

Both are azure-core policies, so that no call site can omit them. A call returns its response, or raises
``MissingError`` (404), ``DeclinedError`` (the cloud refused it), ``ThrottledError`` or ``UnavailableError``.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError
from azure.core.pipeline import policies as azure_policies
from azure.core.pipeline.policies import AsyncHTTPPolicy

from shared.clients.buckets import Bucket
from shared.clients.pacing import Limits, Pacing
from shared.clock import Clock
from shared.contracts.calls import BEHALF
from shared.contracts.outcomes import DeclinedError, MissingError, NoCapacity, OutageError, Refused, UnansweredError
from shared.domain.azure_errors import LOCKED, RESOURCE_MANAGER_LIMITS, ErrorVerdict, rule_for
from shared.errors import ThrottledError
from shared.telemetry import called

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.pipeline import PipelineRequest, PipelineResponse
    from azure.core.pipeline.transport import AsyncHttpTransport

_ERROR = 400
_NOT_FOUND = 404
_TOO_MANY = 429
_TIMED_OUT = 408
_OUTAGE = 500
_DEFAULT_RETRY_AFTER = timedelta(seconds=20)  # Intune and Key Vault often send no Retry-After
_ALLOWED = re.compile(r'"allowedRequestCount":\s*(\d+)')
_ONE_RESOURCE = 100
"""Compute allows up to 45 calls at once for one VM and hundreds for all (docs/notes/azure.md 1.9)."""
_REFILL = timedelta(seconds=15)
"""The longest time after which Compute allows one VM one more call. Retry-After is about one call, and an activity that
begins anew makes those before it again: without time for these it would be refused at the same call for ever.
"""
_EVIDENCE = 2000
USER_AGENT = "deskwright/0.1"
TIMEOUTS: dict[str, Any] = {"connection_timeout": 10, "read_timeout": 60}
"""Seconds until a call counts as not answered; azure-core would wait 300 for each."""


def decide(status: int, code: str, message: str, *, after: timedelta | None = None) -> Exception:
    """Return the exception for an error of a cloud; *status* 200 for the failure of a long-running operation."""
    rule = rule_for(status, code, message)
    text = f"{code or status}: {message or 'no message'}"
    match rule.verdict:
        case ErrorVerdict.THROTTLED:
            return ThrottledError(text, after=after or rule.after or timedelta(seconds=20))
        case ErrorVerdict.UNAVAILABLE:
            return (OutageError if status >= _OUTAGE or status == _TIMED_OUT else UnansweredError)(code, text)
        case ErrorVerdict.NO_CAPACITY:
            return DeclinedError(NoCapacity(code=code, message=message, elsewhere=rule.elsewhere))
        case ErrorVerdict.REFUSED | ErrorVerdict.FINAL:
            # Something that is missing may exist later, unless a rule names its code.
            final = rule.verdict is ErrorVerdict.FINAL and (status != _NOT_FOUND or bool(rule.codes))
            refused = Refused(code=code or f"http{status}", message=message or text, advice=rule.advice, final=final)
            return MissingError(refused) if status == _NOT_FOUND else DeclinedError(refused)


def read_error(text: str) -> tuple[str, str]:
    """Return (code, message) of an error body: of ARM or Graph, with or without ``error`` around it, or any text."""
    try:
        body = json.loads(text)
    except ValueError:
        return "", text[:_EVIDENCE].strip()
    error = body.get("error", body) if isinstance(body, dict) else {}
    if not isinstance(error, dict):
        return "", str(error)[:_EVIDENCE]
    details = [d for d in error.get("details") or () if isinstance(d, dict)]
    parts = [str(error.get("message") or ""), *(f"{d.get('code')}: {d.get('message')}" for d in details)]
    return str(error.get("code") or ""), " ".join(part for part in parts if part)[:_EVIDENCE]


def retry_after(headers: Any, now: datetime) -> timedelta | None:  # noqa: ANN401 - any mapping of headers
    """Return the Retry-After of a response: seconds, possibly with a fraction, or a date; None without one."""
    value = headers.get("Retry-After")
    if not value:
        return None
    try:
        return timedelta(seconds=max(0.0, float(value)))
    except ValueError:
        pass
    try:
        return max(timedelta(0), parsedate_to_datetime(value) - now)
    except ValueError:
        return None


class VerdictPolicy(AsyncHTTPPolicy[Any, Any]):
    """Turns error responses into exceptions (shared.domain.azure_errors)."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send the request. Raises: as listed in the module's docstring."""
        try:
            response = await self.next.send(request)
            answer = response.http_response
            if answer.status_code < _ERROR:
                return response
            await (answer.read() if hasattr(answer, "read") else answer.load_body())
        except AzureError as error:
            raise OutageError("noAnswer", f"no answer from {urlsplit(request.http_request.url).hostname}") from error
        code, message = read_error(answer.text())
        code = code or (answer.headers.get("x-ms-error-code") or "")
        if answer.status_code == _NOT_FOUND:
            code, message = code or "notFound", message or "not found"
        failure = decide(answer.status_code, code, message, after=retry_after(answer.headers, self._clock.now()))
        if isinstance(failure, OutageError):
            host = urlsplit(request.http_request.url).hostname
            raise OutageError(failure.code, f"{host} does not answer ({answer.status_code} {failure})") from None
        raise failure


class PacingPolicy(AsyncHTTPPolicy[Any, Any]):
    """Takes a token of each rate limit before a call, and learns from the limits that the response reports."""

    def __init__(self, pacing: Pacing, limits: Limits) -> None:
        super().__init__()
        self._pacing, self._limits = pacing, limits

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send the request if a token is free. Raises: PacedError if none is, and if the cloud answers 429."""
        sent = request.http_request
        buckets = self._limits(sent.method, sent.url, BEHALF.get().region)
        await self._pacing.reserve(*buckets)
        with called(sent.method, urlsplit(sent.url).hostname or "") as call:
            response = await self.next.send(request)
            call.status = response.http_response.status_code
        answer = response.http_response
        for bucket in buckets:
            await self._pacing.observe(bucket, left_in(bucket, answer.headers))
        if answer.status_code == _TOO_MANY:
            await (answer.read() if hasattr(answer, "read") else answer.load_body())
            after = retry_after(answer.headers, self._pacing.clock.now()) or _DEFAULT_RETRY_AFTER
            if _is_of_one_resource(answer):
                after += self._pacing.repeated(buckets[-1]) * _REFILL
            elif (empty := _empty(buckets, answer)) is not None:
                await self._pacing.back_off(empty, after)
            raise await self._pacing.call_again(after)
        return response


def left_in(bucket: Bucket, headers: Any) -> int | None:  # noqa: ANN401 - any mapping of headers
    """Return how many calls a response reports as left in *bucket*: a number, or the lowest of its items in a list."""
    value = headers.get(bucket.header) if bucket.header else None
    if value and bucket.item:
        listed = (each.strip().rpartition(";") for each in value.split(","))
        return min((int(n) for name, _, n in listed if name.startswith(bucket.item) and n.isdigit()), default=None)
    return int(value) if value and value.isdigit() else None


def _empty(buckets: tuple[Bucket, ...], answer: Any) -> Bucket | None:  # noqa: ANN401 - azure-core's response
    """Return the bucket that a 429 is about: Resource Manager's, the last, by its code; else the provider's.

    None: a lock of a single resource, which does not affect other calls.
    """
    code, _ = read_error(answer.text())
    if code.lower() in LOCKED:
        return None
    return buckets[-1 if code.lower() in RESOURCE_MANAGER_LIMITS else 0]


def _is_of_one_resource(answer: Any) -> bool:  # noqa: ANN401 - azure-core's response
    """Whether a 429 is about the limit of a single resource, which does not affect calls about others."""
    code, message = read_error(answer.text())
    allowed = _ALLOWED.search(message)
    others = code.lower() in LOCKED or code.lower() in RESOURCE_MANAGER_LIMITS
    return not others and allowed is not None and int(allowed.group(1)) < _ONE_RESOURCE


def transport() -> AsyncHttpTransport[Any, Any]:
    """Return the HTTP transport of one client.

    The environment's proxies are not looked up: aiohttp does that in a thread for every request.
    """
    from azure.core.pipeline.transport import AioHttpTransport

    made: AsyncHttpTransport[Any, Any] = AioHttpTransport(use_env_settings=False, **TIMEOUTS)
    return made


def cloud_policies(
    credential: AsyncTokenCredential, scope: str, *, pacing: Pacing, limits: Limits, arm: bool = False
) -> list[Any]:
    """Return the policies of a client.

    Left out on purpose: retries (durable timers wait instead), the SDK's automatic registration of resource providers,
    which waits in an endless loop (docs/notes/azure.md 1.8), and the logging of bodies: they contain passwords.
    """
    authentication = azure_policies.AsyncBearerTokenCredentialPolicy
    if arm:
        from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy

        authentication = AsyncARMChallengeAuthenticationPolicy
    return [
        azure_policies.RequestIdPolicy(),
        azure_policies.HeadersPolicy(),
        azure_policies.UserAgentPolicy(base_user_agent=USER_AGENT),
        azure_policies.ContentDecodePolicy(),
        VerdictPolicy(pacing.clock),
        PacingPolicy(pacing, limits),
        authentication(credential, scope),
        azure_policies.CustomHookPolicy(),
    ]
