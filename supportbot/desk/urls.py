"""The desk's own pages, below Django admin's address, and its sockets."""

from typing import Any

from django.urls import path

from . import customer_views, image_views, views
from .conversation_consumer import DeskConversationConsumer
from .feed_consumer import DeskFeedConsumer

urlpatterns = [
    path("", views.waiting_list, name="desk"),
    path("board/", views.board_fragments, name="desk-board"),
    path("colleagues/", views.colleague_options, name="desk-colleagues"),
    path("c/<int:pk>/earlier/", views.earlier_turns, name="desk-earlier"),
    path("c/<int:pk>/photos/", image_views.upload_photo, name="desk-photos"),
    path("c/<int:pk>/photos/<uuid:image>/", image_views.photo_detail, name="desk-photo"),
    path("c/<int:pk>/records/", customer_views.show_records, name="desk-records"),
    path("customer/<int:customer>/", customer_views.show_account, name="desk-customer"),
    path("customer/<int:customer>/export/", customer_views.export_account, name="desk-customer-export"),
    path("guest/<int:pk>/", customer_views.show_guest, name="desk-guest"),
    path("guest/<int:pk>/export/", customer_views.export_guest, name="desk-guest-export"),
    path("c/<int:pk>/replies/", views.saved_replies, name="desk-replies"),
]

# Channels takes Django's path() with an ASGI application in the place of a view.
websocket_urlpatterns: list[Any] = [
    path("ws/desk/", DeskFeedConsumer.as_asgi()),  # type: ignore[arg-type]
    path("ws/desk/c/<int:pk>/", DeskConversationConsumer.as_asgi()),  # type: ignore[arg-type]
]
