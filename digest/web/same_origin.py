"""Forms without cookies: what another site sends in a visitor's name is refused by where it comes from.

Nobody signs in to these pages, so no cookie has to be guarded; what is to be prevented is that another
site makes its visitors' browsers send our forms. Browsers say on every POST where it comes from.
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
    """Refuse what a page of another site sends; without a cookie, unlike Django's own protection."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
        if request.method == "POST" and not _is_ours(request):
            return csrf_failure(request, "sent by a page of another site")
        return view(request, *args, **kwargs)

    return csrf_exempt(guarded)


def _is_ours(request: HttpRequest) -> bool:
    """By Sec-Fetch-Site, else by Origin; a client that sends neither is no browser led astray by a page."""
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None:
        return fetched in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    ours = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    return origin is None or origin in ours
