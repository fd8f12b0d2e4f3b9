"""The addresses of the site; those of the apps are found by the name of their module."""

from inspect import unwrap
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth
from django.templatetags.static import static
from django.urls import URLResolver, include, path
from django.utils.functional import lazy
from django.utils.module_loading import module_has_submodule
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.views.defaults import bad_request, page_not_found
from django.views.generic import RedirectView

from supportbot.app_modules import find_teaching_apps
from supportbot.conversations.web import forgetting, frame_views, image_views, transcripts, views
from supportbot.conversations.web.consumers import ChatConsumer
from supportbot.dashboard import urls as dashboard
from supportbot.desk import urls as desk
from supportbot.desk.sign_in import SignInView
from supportbot.mail.transcript_views import mail_transcript
from supportbot.mail.views import continue_conversation
from supportbot.server.password_hashing import bound_sign_ins

admin.site.site_header = format_lazy(_("{company} support"), company=settings.COMPANY_NAME)
admin.site.site_title = admin.site.site_header
admin.site.index_title = _("Administration")
admin.site.enable_nav_sidebar = False  # the lists need the space
admin.site.login = bound_sign_ins(admin.site.login)  # type: ignore[method-assign,assignment]


def find_app_urls() -> list[URLResolver]:
    """The addresses of the apps that teach the assistant, each below its own label."""
    return [
        path(f"{app.label}/", include(f"{app.name}.urls"))
        for app in find_teaching_apps()
        if app.module is not None and module_has_submodule(app.module, "urls")
    ]


urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.new_conversation, name="new"),
    path("conversations/", views.conversations, name="conversations"),
    path("c/<uuid:public_id>/", views.conversation, name="conversation"),
    path("c/<uuid:public_id>/frames/", frame_views.exchange_frames, name="frames"),
    path("c/<uuid:public_id>/forget/", forgetting.forget_chat, name="forget"),
    path("c/<uuid:public_id>/earlier/", views.earlier_turns, name="earlier"),
    path("c/<uuid:public_id>/transcript.txt", transcripts.transcript_text, name="transcript-text"),
    path("c/<uuid:public_id>/transcript.json", transcripts.transcript_json, name="transcript-json"),
    path("c/<uuid:public_id>/transcript/mail/", mail_transcript, name="transcript-mail"),
    path("c/<uuid:public_id>/images/", image_views.upload_image, name="images"),
    path("c/<uuid:public_id>/images/<uuid:image>/", image_views.image_detail, name="image"),
    path("c/<uuid:public_id>/continue/", continue_conversation, name="continue"),
    path("accounts/login/", bound_sign_ins(SignInView.as_view()), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("admin/desk/", include(desk)),
    path("admin/numbers/", include(dashboard)),
    path("admin/", admin.site.urls),
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("chat/icon.svg"))),
    *find_app_urls(),
]
# Django wraps them in a check of the form's token, which fails where the form, unread so far, cannot be read.
handler400, handler404 = unwrap(bad_request), unwrap(page_not_found)

# Channels takes Django's path() with an ASGI application in the place of a view.
websocket_urlpatterns: list[Any] = [
    path("ws/c/<uuid:public_id>/", ChatConsumer.as_asgi()),  # type: ignore[arg-type]
    *desk.websocket_urlpatterns,
]
