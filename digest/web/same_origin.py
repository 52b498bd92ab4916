"""Protection against cross-site request forgery (CSRF) without cookies: cross-site POST requests are refused.

Django's own protection sets a cookie, and pages without one can be cached. Nobody signs in to these pages, so
there is no session to protect, only forms that another site could make its visitors' browsers send. Browsers
say on every POST which site it comes from (Sec-Fetch-Site, Origin).
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.csrf import csrf_failure
from django.views.decorators.csrf import csrf_exempt

Given = ParamSpec("Given")
View = Callable[Concatenate[HttpRequest, Given], HttpResponse]


def from_this_site(view: View[Given]) -> View[Given]:
    """Refuse POST requests that a page of another site sends, in place of Django's check by a cookie."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
        if request.method == "POST" and not _is_same_origin(request):
            return csrf_failure(request, "sent by a page of another site")
        return view(request, *args, **kwargs)

    return csrf_exempt(guarded)


def _is_same_origin(request: HttpRequest) -> bool:
    """By Sec-Fetch-Site, else by Origin; a client that sends neither is no browser, and not made to do it."""
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None:
        return fetched in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    ours = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    return origin is None or origin in ours
