"""Answers and errors of HTTP libraries as plain values: those of requests, and of boto3 for Amazon SES."""

from typing import Any

import requests
import urllib3

from subscriptions.relay.providers.answers import Refusal

_NO_CONNECTION = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.ConnectTimeoutError,
)
# By their names, since boto3 is installed only where Amazon SES is used.
_NO_CONNECTION_BY_BOTO = {
    "ConnectTimeoutError",
    "EndpointConnectionError",
    "NoCredentialsError",
    "PartialCredentialsError",
    "ProxyConnectionError",
}


def status_of(response: Any) -> int:
    if isinstance(response, requests.Response):
        return response.status_code
    return int(_metadata(response).get("HTTPStatusCode", 0))


def refusal_of(response: Any) -> Refusal:
    """A negative answer."""
    if isinstance(response, requests.Response):
        return Refusal(response.status_code, _text_of(response), response.headers.get("Retry-After", ""))
    headers = _metadata(response).get("HTTPHeaders", {})
    error = response.get("Error", {})
    status = 429 if "Throttl" in error.get("Code", "") else status_of(response)
    text = f"{error.get('Code', '')}: {error.get('Message', '')}"
    return Refusal(status, text, headers.get("retry-after", ""))


def _metadata(response: Any) -> Any:
    return response.get("ResponseMetadata", {})


def _text_of(response: requests.Response) -> str:
    """What a provider says: each puts it under a name of its own in JSON."""
    try:
        found = response.json()
    except ValueError:
        return response.text[:1000]
    if not isinstance(found, dict):
        return response.text[:1000]
    if isinstance(errors := found.get("errors"), list) and errors and isinstance(errors[0], dict):
        found = errors[0]
    said = [str(found[name]) for name in ("message", "Message", "error") if found.get(name)]
    return " ".join(said) or response.text[:1000]


def never_sent(error: BaseException | None) -> bool:
    """Whether a call failed before anything of it was sent."""
    if error is None or type(error).__name__ in _NO_CONNECTION_BY_BOTO:
        return error is not None
    if isinstance(error, requests.ConnectionError) and error.args:
        reason = getattr(error.args[0], "reason", None)
        reason = getattr(reason, "original_error", reason)  # of a proxy
        return isinstance(reason, _NO_CONNECTION) or "CERTIFICATE_VERIFY_FAILED" in str(reason)
    return False
