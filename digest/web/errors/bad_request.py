"""The page for a request that cannot be answered; where a setting mends it, it says which."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.views.defaults import bad_request

from digest.web.rendering import show

_HOST = re.compile(r"[\w.-]{1,253}|\[[0-9a-fA-F:.]{2,45}\]", re.ASCII)


@dataclass(frozen=True, slots=True)
class UnknownHost:
    """The name that the visitor used, the address of the site, and what to set so that it is answered."""

    host: str
    site_url: str
    variable: str


def answer(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The handler of status 400."""
    host = request.META.get("HTTP_HOST", "")
    name = _HOST.match(host)
    if not isinstance(exception, DisallowedHost) or name is None:
        return bad_request(request, exception)
    if settings.SITE_URL_IS_SET:
        variable = f"ALLOWED_HOSTS={','.join([*settings.ALLOWED_HOSTS, name.group()])}"
    else:
        variable = f"SITE_URL=http://{name.group()}:{settings.PORT}"
    return show(request, "web/unknown_host.html", UnknownHost(name.group(), settings.SITE_URL, variable), 400)
