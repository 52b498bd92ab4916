"""What admin pages share: permissions, read-only pages, buttons that ask first, enqueueing tasks."""

# ruff: noqa: ARG002 - the signatures are Django's

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from celery import Task
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import model_ngettext
from django.contrib.auth import get_permission_codename
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold import admin as unfold
from unfold import decorators
from unfold.enums import ActionVariant
from unfold.utils import display_for_label
from unfold.views import ChangeList

from digest.tasks import NO_BROKER

M = TypeVar("M", bound=Model)
F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:  # unfold has no types; its classes are Django's with a few more attributes
    from django.contrib.admin import ModelAdmin as ModelAdmin  # noqa: PLC0414 - imported by the other admin pages
    from django.contrib.admin import TabularInline

    Parent = TypeVar("Parent", bound=Model)
else:
    Parent = TypeVar("Parent")

    class ModelAdmin(unfold.ModelAdmin, Generic[M]):
        """Unfold's ModelAdmin, with a type parameter as in django-stubs."""

    class TabularInline(unfold.TabularInline, Generic[M, Parent]):
        """Unfold's inline of related rows, with type parameters as in django-stubs."""


class SingleCountChangeList(ChangeList):  # type: ignore[misc]  # unfold has no types
    """The rows of a list; an unfiltered one is not counted twice."""

    full_result_count: int | None

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query and not self.get_filters_params():
            self.full_result_count = self.result_count


class BaseAdmin(ModelAdmin[M]):
    """One model's pages in the admin. Actions and buttons need the change permission of the model."""

    list_per_page = 50
    show_full_result_count = False
    warn_unsaved_form = True

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Any]:
        return SingleCountChangeList

    def has_run_action_permission(self, request: HttpRequest, _object_id: object = None) -> bool:
        """Whether the user has the change permission; also on read-only pages, where nobody may edit."""
        codename = get_permission_codename("change", self.opts)
        return request.user.has_perm(f"{self.opts.app_label}.{codename}")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without “delete selected”: what is deleted at all, is deleted one by one."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def log_changes(self, request: HttpRequest, objects: QuerySet[M], what: str) -> None:
        """Write into each object's history (Django's LogEntry) that the operator did `what`."""
        assert request.user.pk is not None
        LogEntry.objects.log_actions(request.user.pk, objects, CHANGE, what)

    def report(self, request: HttpRequest, count: int, done: str, nothing: str) -> None:
        """Show “2 sources `done`.”, or why `nothing` happened, as a message."""
        if count:
            messages.success(request, f"{count} {model_ngettext(self.opts, count)} {done}.")
        else:
            messages.warning(request, nothing)


class ReadOnlyAdmin(BaseAdmin[M]):
    """Read-only pages: rows come and go by the service's own work."""

    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


class ReadOnlyInline(TabularInline[M, Parent]):
    """Related rows, read-only, a page at a time."""

    extra = 0
    can_delete = False
    hide_title = True
    per_page = 25

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def column(description: str, **options: Any) -> Callable[[F], F]:
    """`display` as unfold has it, typed: a computed column or read-only field under this heading."""
    return cast("Callable[[F], F]", decorators.display(description=description, **options))


def moment_column(description: str, field: str) -> Callable[[object, Model], SafeString | str]:
    """A column or read-only field for the moment or day in `field`, in one line and in local time."""

    @column(description, ordering=field)
    def moment(_admin: object, obj: Model) -> SafeString | str:
        value = getattr(obj, field)
        if value is None:
            return ""
        text = (
            date_format(timezone.localtime(value), "j M Y, H:i")
            if isinstance(value, datetime)
            else date_format(value, "D j M Y")
        )
        return format_html('<span class="whitespace-nowrap">{}</span>', text)

    return moment


def action(description: str) -> Callable[[F], F]:
    """An action on the rows chosen in a list: a POST, for users with the change permission."""
    return cast("Callable[[F], F]", decorators.action(description=description, permissions=["run_action"]))


def confirmed(
    description: str, question: str, *, icon: str, permission: str = "run_action", danger: bool = False
) -> Callable[[F], F]:
    """A button at the top of a page: a GET asks `question`, only the POST acts.

    The method then gets `(request, form)`, on one object's page also `object_id`.
    """
    return cast(
        "Callable[[F], F]",
        decorators.action(
            description=description,
            icon=icon,
            permissions=[permission],
            variant=ActionVariant.DANGER if danger else ActionVariant.DEFAULT,
            dialog={
                "title": description,
                "description": question,
                "form_class": None,
                "form_submit_text": description,
            },
        ),
    )


def page_link(description: str, *, icon: str, permission: str = "run_action") -> Callable[[F], F]:
    """A button at the top of a list or page that leads to another page."""
    decorate = decorators.action(description=description, icon=icon, permissions=[permission])
    return cast("Callable[[F], F]", decorate)


def button(bulk: Callable[..., None], question: str, icon: str, *, danger: bool = False) -> Any:
    """The list action `bulk` as a button on one object's page, asking `question` first."""

    def press(page: BaseAdmin[Any], request: HttpRequest, _form: object, object_id: str) -> HttpResponse:
        bulk(page, request, page.get_queryset(request).filter(pk=object_id))
        name = f"admin:{page.opts.app_label}_{page.opts.model_name}_change"
        return redirect(request, reverse(name, args=[object_id]))

    return confirmed(cast("Any", bulk).short_description, question, icon=icon, danger=danger)(press)


def redirect(request: HttpRequest, url: str) -> HttpResponse:
    """Redirect to `url`, out of unfold's dialog (htmx) or out of a plain form."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def enqueue(task: Task[..., None], *arguments: int) -> bool:
    """Put `task` into the queue; False if the broker cannot be reached."""
    try:
        task.apply_async(arguments, retry=False)
    except NO_BROKER:
        return False
    return True


def label(key: str, text: str, colours: Mapping[Any, str]) -> SafeString:
    """A small coloured label as unfold shows them; the colour is that of `key`, or none."""
    return cast("SafeString", display_for_label((key, text), "", dict(colours)))


def link(url: str, text: object) -> SafeString:
    """A link as unfold shows them."""
    return format_html('<a href="{}" class="text-link">{}</a>', url, text)
