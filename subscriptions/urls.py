"""Addresses of the readers' pages; short in mails, where a List-Unsubscribe URI stays below 70 characters."""

from django.urls import path

from subscriptions import (
    account_views,
    inbox,
    leaving_views,
    preferences_views,
    previews,
    reader_views,
    views,
    vote_views,
)

urlpatterns = [
    path("", views.sign_up, name="sign-up"),
    path("check-your-inbox/", views.sent, name="sent"),
    path("sample/", views.sample, name="sample"),
    path("sample/part/", views.sample_part, name="sample-part"),
    path("c/<str:token>/", reader_views.confirm, name="confirm"),
    path("p/<str:token>/", preferences_views.edit_preferences, name="preferences"),
    path("u/<str:token>/", leaving_views.unsubscribe, name="unsubscribe"),
    path("r/<str:token>/", reader_views.read, name="read"),
    path("f/<str:token>/atom.xml", reader_views.feed_atom, name="feed-atom"),
    path("f/<str:token>/feed.json", reader_views.feed_json, name="feed-json"),
    path("a/export/<str:token>/", account_views.export, name="export"),
    path("a/erase/<str:token>/", account_views.erase, name="erase"),
    path("a/move/<str:token>/", account_views.move, name="move"),
    path("a/address/<str:token>/", account_views.address, name="address"),
    path("b/<str:token>/", reader_views.come_back, name="return"),
    path("v/<str:token>/mute/<int:number>/", vote_views.mute, name="mute"),
    path("v/<str:token>/<int:paper>/<str:verdict>/", vote_views.vote, name="vote"),
    path("inbox/", inbox.index, name="inbox"),
    path("inbox/delete/", inbox.delete, name="inbox-delete"),
    path("inbox/<str:key>/", inbox.mail, name="inbox-mail"),
    path("inbox/<str:key>/html", inbox.html, name="inbox-html"),
    path("previews/", previews.index, name="previews"),
    path("previews/email/<slug:template>/<slug:case>/", previews.email, name="preview-email"),
    path("previews/email/<slug:template>/<slug:case>/html", previews.email_html, name="preview-email-html"),
    path("previews/page/<slug:case>/", previews.page, name="preview-page"),
]
