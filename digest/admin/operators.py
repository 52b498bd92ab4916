"""Admin pages for operators, their roles, and sign-ins."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from axes.admin import AccessAttempt, AccessFailureLog, AccessLog  # where their own pages are registered
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from digest.admin.base import ModelAdmin, ReadOnlyAdmin, moment_column

# Each is registered by its own package already, with plain pages.
for model in (User, Group, AccessAttempt, AccessFailureLog, AccessLog):
    admin.site.unregister(model)


@admin.register(User)
class OperatorAdmin(UserAdmin, ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class RoleAdmin(GroupAdmin, ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """What a role may do: the permissions of its operators."""


@admin.register(AccessAttempt)
class FailedSignInAdmin(ReadOnlyAdmin[Any]):
    """Deleting a row lets its name and address try again at once."""

    list_display = ("username", "ip_address", "failures_since_start", "last")
    search_fields = ("username", "ip_address")
    fields = ("username", "ip_address", "user_agent", "failures_since_start", "last")

    last = moment_column("Last attempt", "attempt_time")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("axes.delete_accessattempt")


@admin.register(AccessLog)
class SignInAdmin(ReadOnlyAdmin[Any]):
    list_display = ("username", "ip_address", "signed_in", "signed_out")
    search_fields = ("username", "ip_address")
    fields = ("username", "ip_address", "user_agent", "signed_in", "signed_out")

    signed_in = moment_column("Signed in", "attempt_time")
    signed_out = moment_column("Signed out", "logout_time")
