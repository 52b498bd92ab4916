"""Pages about the service itself: health check, icon, robots.txt, privacy."""

from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from digest.web.rendering import public, show

_ROBOTS = """\
User-agent: *
Disallow: /a/
Disallow: /admin/
Disallow: /b/
Disallow: /c/
Disallow: /f/
Disallow: /p/
Disallow: /r/
Disallow: /sample/
Disallow: /search/
Disallow: /u/
Disallow: /v/
"""


@dataclass(frozen=True, slots=True)
class Privacy:
    """The address that readers can write to."""

    contact: str


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """Say “ok” while the database answers; 503 when it does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def icon(_request: HttpRequest) -> HttpResponse:
    """Browsers ask for this address where a page names no icon."""
    return redirect(static("digest/icon.svg"))


@require_safe
def robots(_request: HttpRequest) -> HttpResponse:
    """Keep crawlers away from the pages behind personal links, and show them the others."""
    sitemap = f"\nSitemap: {settings.SITE_URL}{reverse('sitemap')}\n"
    return HttpResponse(_ROBOTS + sitemap, content_type="text/plain")


@require_safe
@public
def privacy(request: HttpRequest) -> HttpResponse:
    """What is stored, what is not, and how to leave."""
    return show(request, "web/privacy.html", Privacy(contact=parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))
