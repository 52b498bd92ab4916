"""How the admin looks: its menu and its colours, as unfold asks for them."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse


def menu(_request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the side bar; each page is shown to whoever may view its model."""
    return [
        {"items": [{"title": "Today", "icon": "today", "link": reverse("admin:index")}]},
        _group(
            "Papers",
            _page("Sources", "rss_feed", "digest_source"),
            _page("Source problems", "warning", "digest_sourceproblem"),
            _page("Editions", "newsmode", "digest_edition"),
            _page("Raw answers", "inventory_2", "digest_rawanswer"),
            _page("Papers", "article", "digest_paper"),
            _page("Topics", "label", "digest_topic"),
        ),
        _group(
            "Readers",
            _page("Readers", "group", "subscriptions_subscriber"),
            _page("Refusals", "block", "subscriptions_refusal"),
            _page("Suggestions", "lightbulb", "subscriptions_suggestion"),
            _page("Erased addresses", "person_off", "subscriptions_suppression"),
        ),
        _group(
            "Sending",
            _page("Runs", "play_circle", "subscriptions_run"),
            _page("Deliveries", "outgoing_mail", "subscriptions_delivery"),
            _page("Relays", "dns", "subscriptions_mailrelay"),
            _page("Recipient domains", "alternate_email", "subscriptions_recipientdomain"),
            _page("Selections", "checklist", "digest_selection"),
            _page("Branding", "palette", "digest_branding"),
        ),
        _group(
            "Security",
            _page("Operators", "badge", "auth_user"),
            _page("Roles", "key", "auth_group"),
            _page("Sign-ins", "login", "axes_accesslog"),
            _page("Failed sign-ins", "gpp_maybe", "axes_accessattempt"),
        ),
    ]


def _group(title: str, *pages: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "items": list(pages)}


def _page(title: str, icon: str, model: str) -> dict[str, Any]:
    """The page of a model's list (“app_model”)."""
    app, _, name = model.partition("_")
    return {
        "title": title,
        "icon": icon,
        "link": reverse(f"admin:{model}_changelist"),
        "permission": lambda request: request.user.has_perm(f"{app}.view_{name}"),
    }


def colours(_request: HttpRequest) -> dict[str, dict[str, str]]:
    """Greys, the accent colour, and which of the greys is text: without it, text stays black in the dark."""
    return {
        "base": _palette(
            "#f6f5f1 #efede8 #e4e2dc #d3d0c9 #9aa3ad #59616b #434a52 #363b42 #2b2e33 #17191c #0f1113"
        ),
        "primary": _palette(
            "#f1f6fe #e1ecfe #c5dbfc #9fc3fa #74a5f2 #6b9ff0 #1f5fbf #184ea1 #164182 #143465 #0b2142"
        ),
        "font": {
            f"{weight}-{scheme}": f"var(--color-base-{shade})"
            for weight, shades in (("subtle", (500, 400)), ("default", (700, 300)), ("important", (900, 50)))
            for scheme, shade in zip(("light", "dark"), shades, strict=True)
        },
    }


def own_style(_request: HttpRequest) -> str:
    """The address of our style sheet."""
    return static("digest/admin.css")


def local_style(_request: HttpRequest) -> str:
    """The address of the style sheet of the bar that `make run` shows."""
    return static("digest/local.css")


def _palette(shades: str) -> dict[str, str]:
    """Eleven shades from light to dark, as unfold names them."""
    names = ("50", *(str(shade) for shade in range(100, 1000, 100)), "950")
    return dict(zip(names, shades.split(), strict=True))
