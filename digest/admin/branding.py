"""Admin page for the branding: one form, and below it a mail as it looks with what is saved."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from digest.admin.base import BaseAdmin, column
from digest.compose import compose_digest, samples
from digest.lib.contrast import DEFAULT
from digest.lib.image_size import NoPicture, Picture, picture
from digest.models import Branding
from digest.web import branding
from digest.web.rendering import show_mail

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

LARGEST = 40_000  # octets: every mail carries it


class BrandingForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    new_logo = forms.FileField(
        label="Logo",
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text=f"PNG or JPEG, at most {LARGEST // 1000} KB; up to {branding.LOGO_HEIGHT} pixels high. "
        "Twice that size looks sharp. Where images are not shown, the name stands in its place.",
    )
    no_logo = forms.BooleanField(label="Remove the logo", required=False)
    _picture: Picture | None = None

    class Meta:
        model = Branding
        fields = ("name", "accent", "address", "imprint")
        # No colour field: a browser sends black for one that is empty.
        widgets: ClassVar = {
            "accent": UnfoldAdminTextInputWidget({"placeholder": DEFAULT, "spellcheck": "false"})
        }
        help_texts: ClassVar = {
            "accent": "Of links and buttons, as #rrggbb. Dark mode gets a lighter shade of it. "
            f"Empty: the default, {DEFAULT}."
        }

    def clean_new_logo(self) -> bytes | None:
        """The file's octets, if they are a picture that every mail can carry."""
        file: UploadedFile[bytes] | None = self.cleaned_data["new_logo"]
        if file is None:
            return None
        if (file.size or 0) > LARGEST:
            raise forms.ValidationError(
                f"The file has {(file.size or 0) / 1000:.0f} KB; every mail carries it, so "
                f"{LARGEST // 1000} KB are the limit."
            )
        octets: bytes = file.read()
        try:
            self._picture = picture(octets)
        except NoPicture as error:
            raise forms.ValidationError(f"This is no PNG or JPEG that can be shown: {error}.") from error
        return octets

    def save(self, commit: bool = True) -> Branding:
        chosen: Branding = super().save(commit=False)
        if self.cleaned_data.get("no_logo"):
            chosen.logo, chosen.logo_type, chosen.logo_width, chosen.logo_height = None, "", 0, 0
        if self._picture:
            chosen.logo, chosen.logo_type = self.cleaned_data["new_logo"], self._picture.subtype
            chosen.logo_width, chosen.logo_height = self._picture.width, self._picture.height
        if commit:
            chosen.save()
        return chosen


@admin.register(Branding)
class BrandingAdmin(BaseAdmin[Branding]):
    form = BrandingForm
    fieldsets = (
        (None, {"fields": ("name", "accent", "new_logo", "no_logo", "address", "imprint")}),
        ("A mail with what is saved", {"fields": ("preview",)}),
    )
    readonly_fields = ("preview",)

    def get_urls(self) -> list[URLPattern]:
        own = path("preview/", self.admin_site.admin_view(self.show_preview), name="digest_branding_preview")
        return [own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one brand: its page."""
        if self.has_change_permission(request):
            Branding.objects.get_or_create(pk=branding.ONLY)
        return HttpResponseRedirect(reverse("admin:digest_branding_change", args=[branding.ONLY]))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: there is one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Branding | None = None) -> bool:
        """Never: empty fields do the same."""
        return False

    def show_preview(self, request: HttpRequest) -> HttpResponse:
        """An invented digest as the brand is now, to be framed."""
        letter = compose_digest(samples.DIGESTS["many"], branding.current())
        return show_mail(letter.html_for(samples.READER), target="_blank")

    @column("Preview")
    def preview(self, chosen: Branding) -> SafeString:
        return format_html(
            '<iframe class="w-full border" height="640" sandbox="" title="A mail" src="{}"></iframe>',
            reverse("admin:digest_branding_preview"),
        )
