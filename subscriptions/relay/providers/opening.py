"""A provider's relay from EMAIL_URL."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from anymail.exceptions import AnymailConfigurationError
from django.core.exceptions import ImproperlyConfigured

from digest.env import LOCAL_NAMES
from subscriptions.relay.interface import Relay
from subscriptions.relay.no_relay import UnusableRelay
from subscriptions.relay.providers.account import Account
from subscriptions.relay.providers.catalogue import PROVIDERS, Provider
from subscriptions.relay.providers.provider_relay import ProviderRelay

_TIMEOUT = 60  # seconds for an answer: an early end leaves a mail in doubt


def provider_relay(config: Mapping[str, Any], calls: int) -> Relay:
    """The relay of the provider in `config`, which is EMAIL_URL as `digest.env` reads it."""
    provider = PROVIDERS[config["EMAIL_PROVIDER"]]
    options = _for_ses(config) if provider.scheme == "ses" else _options(provider, config)
    open_account = partial(Account, provider, options)
    if unknown := config["EMAIL_API_OPTIONS"].keys() - provider.options:
        return UnusableRelay(f"{provider.title} has no option “{min(unknown)}” as in EMAIL_URL")
    try:
        open_account().close()
    except (ImproperlyConfigured, AnymailConfigurationError, ImportError) as error:
        return UnusableRelay(f"{provider.title} in EMAIL_URL cannot be used: {' '.join(str(error).split())}")
    asked = urlsplit(config["EMAIL_API_OPTIONS"].get("api_url", "")).hostname
    return ProviderRelay(provider.title, open_account, calls, local=asked in LOCAL_NAMES)


def _options(provider: Provider, config: Mapping[str, Any]) -> Mapping[str, Any]:
    host = {provider.host: config["EMAIL_API_HOST"]} if provider.host else {}
    return {provider.key: config["EMAIL_API_KEY"], "timeout": _TIMEOUT, **host, **config["EMAIL_API_OPTIONS"]}


def _for_ses(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """For boto3. By itself it would make a call again that got no answer."""
    options = dict(config["EMAIL_API_OPTIONS"])
    client = {
        "region_name": config["EMAIL_API_HOST"],
        "config": {"retries": {"total_max_attempts": 1}, "read_timeout": _TIMEOUT},
    }
    if config["EMAIL_API_KEY"]:
        client["aws_access_key_id"] = config["EMAIL_API_KEY"]
        client["aws_secret_access_key"] = config["EMAIL_API_SECRET"]
    if endpoint := options.pop("api_url", None):
        client["endpoint_url"] = endpoint
    return {"client_params": client} | options
