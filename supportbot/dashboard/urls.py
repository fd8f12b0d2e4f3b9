"""The numbers' pages, below Django admin's address."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.show_dashboard, name="dashboard"),
    path("list/", views.list_rows, name="dashboard-list"),
    path("table.csv", views.export_table, name="dashboard-table"),
    path("list.csv", views.export_rows, name="dashboard-rows"),
]
