"""The desk's own pages, below Django admin's address, and its sockets."""

from typing import Any

from django.urls import path

from .customers import views as customer_views
from .live import image_views
from .live import views as live_views
from .live.consumer import DeskConversationConsumer
from .waiting_list import views as waiting_list_views
from .waiting_list.consumer import DeskFeedConsumer

urlpatterns = [
    path("", waiting_list_views.show_waiting_list, name="desk"),
    path("board/", waiting_list_views.board_fragments, name="desk-board"),
    path("colleagues/", live_views.colleague_options, name="desk-colleagues"),
    path("mentionable/", live_views.list_mentionable_colleagues, name="desk-mentionable"),
    path("c/<int:pk>/earlier/", live_views.earlier_turns, name="desk-earlier"),
    path("c/<int:pk>/photos/", image_views.upload_photo, name="desk-photos"),
    path("c/<int:pk>/photos/<uuid:image>/", image_views.photo_detail, name="desk-photo"),
    path("c/<int:pk>/records/", customer_views.show_records, name="desk-records"),
    path("customer/<int:customer>/", customer_views.show_account, name="desk-customer"),
    path("customer/<int:customer>/export/", customer_views.export_account, name="desk-customer-export"),
    path("guest/<int:pk>/", customer_views.show_guest, name="desk-guest"),
    path("guest/<int:pk>/export/", customer_views.export_guest, name="desk-guest-export"),
    path("c/<int:pk>/replies/", live_views.saved_replies, name="desk-replies"),
]

# Channels takes Django's path() with an ASGI application in the place of a view.
websocket_urlpatterns: list[Any] = [
    path("ws/desk/", DeskFeedConsumer.as_asgi()),  # type: ignore[arg-type]
    path("ws/desk/c/<int:pk>/", DeskConversationConsumer.as_asgi()),  # type: ignore[arg-type]
]
