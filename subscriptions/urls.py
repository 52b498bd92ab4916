"""Addresses of the readers' pages; short in mails, where a List-Unsubscribe URI stays below 70 characters."""

from django.urls import path

from subscriptions.devtools import docs_views, inbox_views, preview_views
from subscriptions.web import (
    data_rights_views,
    explore_views,
    preferences_views,
    reader_views,
    saved_views,
    signup_views,
    suggestion_views,
    unsubscribe_views,
    vote_views,
)

urlpatterns = [
    path("", signup_views.sign_up, name="sign-up"),
    path("check-your-inbox/", signup_views.sent, name="sent"),
    path("sample/", signup_views.sample, name="sample"),
    path("sample/part/", signup_views.sample_part, name="sample-part"),
    path("sample/library/", signup_views.library_part, name="library-part"),
    path("explore/", explore_views.explore, name="explore"),
    path("c/<str:token>/", reader_views.confirm, name="confirm"),
    path("p/<str:token>/", preferences_views.edit_preferences, name="preferences"),
    path("p/<str:token>/explore/", explore_views.explore_own, name="explore-own"),
    path("u/<str:token>/", unsubscribe_views.unsubscribe, name="unsubscribe"),
    # Some mail clients lose the last slash, and a redirect would lose their POST.
    path("u/<str:token>", unsubscribe_views.unsubscribe),
    path("r/<str:token>/", reader_views.read, name="read"),
    path("r/<str:token>/papers.bib", reader_views.read_references, {"kind": "bib"}, name="read-bib"),
    path("r/<str:token>/papers.ris", reader_views.read_references, {"kind": "ris"}, name="read-ris"),
    path("f/<str:token>/atom.xml", reader_views.feed_atom, name="feed-atom"),
    path("f/<str:token>/feed.json", reader_views.feed_json, name="feed-json"),
    path("a/export/<str:token>/", data_rights_views.export, name="export"),
    path("a/erase/<str:token>/", data_rights_views.erase, name="erase"),
    path("a/move/<str:token>/", data_rights_views.move, name="move"),
    path("a/address/<str:token>/", data_rights_views.address, name="address"),
    path("a/saved/<str:token>/", saved_views.saved, name="saved"),
    path("a/saved/<str:token>/papers.bib", saved_views.references, {"kind": "bib"}, name="saved-bib"),
    path("a/saved/<str:token>/papers.ris", saved_views.references, {"kind": "ris"}, name="saved-ris"),
    path("b/<str:token>/", reader_views.come_back, name="return"),
    path("v/<str:token>/suggestion/", suggestion_views.suggestion, name="suggestion"),
    path("v/<str:token>/mute/<int:number>/", vote_views.mute, name="mute"),
    path("v/<str:token>/<int:paper>/save/", saved_views.save, name="save"),
    path("v/<str:token>/<int:paper>/<str:verdict>/", vote_views.vote, name="vote"),
    path("inbox/", inbox_views.index, name="inbox"),
    path("inbox/delete/", inbox_views.delete, name="inbox-delete"),
    path("inbox/<str:key>/", inbox_views.mail, name="inbox-mail"),
    path("inbox/<str:key>/html", inbox_views.html, name="inbox-html"),
    path("docs/", docs_views.docs, name="docs"),
    path("docs/<path:name>", docs_views.docs, name="docs-file"),
    path("previews/", preview_views.index, name="previews"),
    path("previews/email/<slug:template>/<slug:case>/", preview_views.email, name="preview-email"),
    path(
        "previews/email/<slug:template>/<slug:case>/html", preview_views.email_html, name="preview-email-html"
    ),
    path("previews/page/<slug:case>/", preview_views.page, name="preview-page"),
]
