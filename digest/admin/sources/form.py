"""The form of one source: a field for each setting of its adapter; what they hold is named in words."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from digest.ingestion.by_hand import free_name
from digest.models import Source
from digest.sources import SourceChanged
from digest.sources.adapter import Adapter, Setting, Values

PREFIX = "setting_"  # a setting may be called as a column of the model
USUAL = ("wait_minutes", "quiet_days")  # left empty, they are as of most sources
LONGEST = 5_000  # characters of one setting
REMOVE = "-"  # as the value of a secret that may be left out
KEPT = "One is stored. Leave this empty to keep it."
REMOVED = f"To remove it, enter “{REMOVE}”."


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A source of one adapter. Title and name may be left empty: they are made from the settings."""

    adapter: Adapter | None = None  # None: this version has no adapter of that name

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.adapter:
            self.instance.adapter = self.adapter.name
        for name, made_of in (("title", "the settings"), ("name", "the title")):
            if field := self.fields.get(name):
                field.required = False
                field.help_text = f"{field.help_text} Left empty, it is made of {made_of}.".strip()
        for name in {*USUAL} & {*self.fields}:
            self.fields[name].required = False
        stored = self.instance.settings
        for setting in self._settings:
            field = self.fields[PREFIX + setting.name]
            if not setting.secret:
                field.initial = stored.get(setting.name, setting.initial)
            elif stored.get(setting.name):
                field.required = False
                how = KEPT if setting.required else f"{KEPT} {REMOVED}"
                field.help_text = f"{setting.help} {how}".strip()

    @property
    def _settings(self) -> tuple[Setting, ...]:
        """Those of the adapter that are in the form: none where nobody may edit it."""
        every = self.adapter.settings if self.adapter else ()
        return tuple(setting for setting in every if PREFIX + setting.name in self.fields)

    def clean(self) -> dict[str, Any]:
        """Put the settings into the source, as the adapter wants them stored, and name the source."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in {*USUAL} & {*self.fields}:
            if cleaned.get(name) is None and name not in self.errors:
                cleaned[name] = getattr(Source(), name)
        values = {setting.name: self._value(setting) for setting in self._settings}
        self.instance.settings = self.instance.settings | values
        if not self.errors and self.adapter:
            self._require_whole(self.adapter)
            self._require_another(self.adapter)
            self._suggest(self.adapter)
        return cleaned

    def _require_whole(self, adapter: Adapter) -> None:
        """Add an error if the adapter can do nothing with these settings together."""
        if adapter.configured:
            try:
                adapter.configured(self.instance.settings)
            except SourceChanged as error:
                self.add_error(NON_FIELD_ERRORS, str(error))

    def _value(self, setting: Setting) -> str:
        name = PREFIX + setting.name
        value: str = self.cleaned_data.get(name, "").replace("\r\n", "\n")
        if not value:
            return self.instance.settings.get(setting.name, "") if setting.secret else ""
        if setting.secret and not setting.required and value == REMOVE:
            return ""
        try:
            return setting.check(value)
        except ValueError as error:
            self.add_error(name, str(error))
            return value

    def _require_another(self, adapter: Adapter) -> None:
        """Add an error if another source already fetches the same: each paper would be fetched twice."""
        if not adapter.can_be_fetched:
            return
        others = Source.objects.filter(adapter=adapter.name).exclude(pk=self.instance.pk)
        wanted = public_values(adapter, self.instance.settings)
        same = next((one for one in others if public_values(adapter, one.settings) == wanted), None)
        if same:
            self.add_error(NON_FIELD_ERRORS, f"“{same}” fetches the same already.")

    def _suggest(self, adapter: Adapter) -> None:
        """Name the source by its settings where the operator did not: “arXiv cs.LG”, “arxiv-cs-lg”."""
        source, cleaned = self.instance, self.cleaned_data
        if "title" in self.fields and not cleaned.get("title"):
            cleaned["title"] = _title(adapter, source.settings)
        if "name" in self.fields and not cleaned.get("name"):
            cleaned["name"] = free_name(cleaned.get("title") or adapter.name)


def form_of(adapter: Adapter | None) -> type[SourceForm]:
    """The form for sources of `adapter`."""
    fields: dict[str, Any] = {PREFIX + one.name: _field(one) for one in adapter.settings} if adapter else {}
    return type("SourceForm", (SourceForm,), {"adapter": adapter, **fields})


def setting_fields(adapter: Adapter | None) -> tuple[str, ...]:
    """The names of the form's fields for the settings of `adapter`, in its order."""
    return tuple(PREFIX + setting.name for setting in adapter.settings) if adapter else ()


def public_values(adapter: Adapter, values: Values) -> dict[str, str]:
    """The settings without the secret ones; what an older source lacks is as it is at first."""
    return {one.name: values.get(one.name) or one.initial for one in adapter.settings if not one.secret}


def settings_in_words(adapter: Adapter, values: Values) -> str:
    """What a source is told to fetch, as an operator reads it: “cs.LG, cs.CL”.

    Without what is secret, and what is as it is at first.
    """
    told = (_in_words(one, values.get(one.name, "")) for one in adapter.settings if not one.secret)
    return ", ".join(words for words in told if words)


def _title(adapter: Adapter, values: Values) -> str:
    """“arXiv cs.LG”; of a source that is an address, its host."""
    for setting in adapter.settings:
        if not setting.secret and (host := urlsplit(values.get(setting.name, "")).hostname):
            return host.removeprefix("www.")[:100]
    told = settings_in_words(adapter, values)
    between = ": " if told and "," in adapter.title else " "
    return f"{adapter.title}{between}{told}".strip()[:100].rstrip()


def _in_words(setting: Setting, value: str) -> str:
    if not value or value == setting.initial:
        return ""
    if setting.choices:
        return dict(setting.choices).get(value, value)
    if setting.lines or "://" in value:
        return " ".join(value.split())
    return ", ".join(value.split("+"))  # how lists are stored


def _field(setting: Setting) -> forms.Field:
    options: Mapping[str, Any] = {
        "label": setting.label,
        "help_text": setting.help,
        "required": setting.required,
    }
    if setting.choices:
        blank = () if setting.required or setting.initial else (("", "any"),)
        return forms.ChoiceField(
            choices=(*blank, *setting.choices), widget=UnfoldAdminSelectWidget, **options
        )
    widget: forms.Widget = UnfoldAdminTextInputWidget()
    if setting.lines:
        widget = UnfoldAdminTextareaWidget(attrs={"rows": 5})
    elif setting.secret:
        widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
    return forms.CharField(max_length=LONGEST, widget=widget, **options)
