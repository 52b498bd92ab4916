"""How pages are rendered: the Jinja2 environment, and functions that turn a page or a mail into a response.

Only templates/web/ is visible, as “web/…”, so the admin's templates stay Django's. The error pages
are visible under Django's names for them too (“404.html”), which is all that its own views need.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec
from zoneinfo import ZoneInfo

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.functional import lazy
from django.utils.translation import get_language, gettext, ngettext, pgettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from digest.web import branding, local_bar, page_language
from digest.web.csp import MAIL
from digest.web.logs.log_lines import request_number
from digest.web.page_language import current_language, translate
from digest.web.query_examples import QUERY_EXAMPLES

Given = ParamSpec("Given")
View = Callable[Concatenate[HttpRequest, Given], HttpResponse]

_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)


class Day:
    """A day in an address: 2025-11-05."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)  # ValueError: not found

    def to_url(self, value: date) -> str:
        return value.isoformat()


def environment(**options: object) -> Environment:
    """What Django's Jinja2 backend renders pages with; `options` are the backend's own."""
    web = settings.TEMPLATES_DIR / "web"
    pages = ChoiceLoader([PrefixLoader({"web": FileSystemLoader(web)}), FileSystemLoader(web / "errors")])
    environment = Environment(
        autoescape=True,
        loader=pages,
        undefined=StrictUndefined,
        auto_reload=bool(options.get("auto_reload")),
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(gettext, ngettext, newstyle=True, pgettext=pgettext)  # type: ignore[attr-defined]
    count: Callable[..., str] = environment.globals["ngettext"]  # type: ignore[assignment]

    @pass_context
    def counted(context: Context, one: str, many: str, number: int, /, **values: object) -> str:
        """The form for `number`, which stands at %(num)s as the page's language writes it."""
        return count(context, one, many, number, **{"num": current_language().number(number), **values})

    environment.globals |= {
        "addresses": page_language.addresses,
        "chosen_language": page_language.chosen,
        "language": get_language,
        "local_places": local_bar.places,
        "mail_held": lambda: settings.EMAIL_HELD,
        "ngettext": counted,
        "query_examples": QUERY_EXAMPLES,
        "site_name": lazy(branding.name, str)(),
        "site_url": settings.SITE_URL,
        "static": static,
        "language_links": page_language.language_links,
        "request_number": request_number.get,
        "url": page_language.url,
    }
    filters = (
        day_of_month,
        long_date,
        moment,
        month,
        number,
        short_moment,
        short_date,
        topic_name,
        translate,
    )
    environment.filters |= {filter_.__name__: filter_ for filter_ in filters}
    return environment


def moment(at: datetime, time_zone: str) -> str:
    """`at` as a reader in `time_zone` says it: “Thursday, 6 November at 07:00”."""
    return current_language().moment(at.astimezone(ZoneInfo(time_zone)))


def short_moment(at: datetime) -> str:
    """`at` in UTC where room is scarce: “6 Nov 2025, 07:00”."""
    return current_language().short_moment(at.astimezone(UTC))


def long_date(day: date) -> str:
    """“Wednesday, 5 November 2025”."""
    return current_language().long_date(day, year=True)


def short_date(day: date) -> str:
    """“5 Nov”; “5 Nov 2024” once that is not this year."""
    return current_language().short_date(day, year=day.year != timezone.now().year)


def day_of_month(day: date) -> str:
    """“Wed 5”, for lists of days."""
    return current_language().day_of_month(day)


def month(day: date) -> str:
    """“November”."""
    return current_language().month(day.month)


def number(number: float) -> str:
    """“1,204”."""
    return current_language().number(number)


def topic_name(text: str) -> str:
    """The name or description of a topic, in the page's language while it is the shipped one."""
    return current_language().topic(text)


def show(request: HttpRequest, template: str, page: object = None, status: int = 200) -> HttpResponse:
    """Answer with a page. Its template sees one value, `page`, usually a dataclass.

    Other sites never learn where a visitor came from. This site does: under “no-referrer” browsers
    send its own forms with `Origin: null`, which the CSRF check must refuse.
    """
    response = render(request, template, {"page": page}, status=status)
    response["Referrer-Policy"] = "same-origin"
    return response


def render_part(template: str, page: object) -> str:
    """A piece of markup that is no answer of its own."""
    return render_to_string(template, {"page": page})


def public(view: View[Given]) -> View[Given]:
    """A page that is the same for everybody: caches may keep it for a minute, then ask by its ETag."""
    kept = cache_control(public=True, max_age=60)
    return kept(by_etag(view))


def by_etag(view: View[Given]) -> View[Given]:
    """Who has the page already is told so; HEAD has the ETag that GET has (RFC 9110, 9.3.2)."""
    by_get = conditional_page(view)

    @wraps(view)
    def answered(request: HttpRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
        response = by_get(request, *args, **kwargs)
        if request.method != "HEAD" or response.status_code != HTTPStatus.OK:
            return response
        set_response_etag(response)
        conditional = get_conditional_response(request, etag=response["ETag"], response=response)
        assert conditional is not None
        return conditional

    return answered


def show_mail(html: str, target: str = "_top") -> HttpResponse:
    """Answer with a composed mail, as written save that its links open in `target`.

    It may bring its inline styles and nothing else: no script, no form, no request to elsewhere.
    """
    base = f'<base target="{target}">'
    framed, found = _HEAD.subn(lambda head: head.group() + base, html, count=1)
    response = HttpResponse(framed if found else base + html)
    response[HEADER] = build_policy(MAIL)
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def exists_if(condition: Callable[[], bool]) -> Callable[[View[Given]], View[Given]]:
    """A page that is there only while `condition` holds; at other times it is one that never was."""

    def decorate(view: View[Given]) -> View[Given]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
            if not condition():
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return decorate
