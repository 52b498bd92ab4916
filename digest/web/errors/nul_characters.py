"""No NUL character comes in: PostgreSQL stores none and fails on a query that holds one; SQLite would not."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

NUL = "\0"
# What reading a form raises that is none, breaks off, or is not in UTF-8.
_UNREADABLE = (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError)


class NulMiddleware:
    """Answer 404 where the path holds a NUL, 400 where the query, a cookie or a field does.

    A view with the attribute `any_body` takes whatever is posted.
    """

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if NUL in request.path_info:
            raise Http404
        if _in(request.GET) or any(NUL in value for value in request.COOKIES.values()):
            raise BadRequest("a NUL character")
        return self._answer(request)

    def process_view(self, request: HttpRequest, view: Any, *_arguments: object) -> None:
        """Look at what was posted, if that is a form."""
        if request.method == "POST" and not getattr(view, "any_body", False) and _in(posted(request)):
            raise BadRequest("a NUL character")


def posted(request: HttpRequest) -> QueryDict:
    """The fields that were posted; none if what was posted is no form that can be read."""
    try:
        return request.POST
    except _UNREADABLE:
        return QueryDict()


def _in(fields: QueryDict) -> bool:
    return any(NUL in text for name, values in fields.lists() for text in (name, *map(str, values)))
