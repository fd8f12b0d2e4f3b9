"""The pages of customers: their own tickets."""

from django.urls import path, re_path

from . import views

urlpatterns = [
    path("", views.list_tickets, name="tickets"),
    re_path(r"^(?P<number>[\w-]{1,20})/$", views.show_ticket, name="ticket"),
]
