"""The addresses of live orders. Platforms leave the last slash out or not, and follow no redirect."""

from django.urls import re_path

from .webhooks import views

urlpatterns = [
    re_path("^webhooks/shopify/?$", views.receive_shopify, name="orders-shopify"),
    re_path("^webhooks/woocommerce/?$", views.receive_woocommerce, name="orders-woocommerce"),
    re_path("^api/?$", views.receive_json, name="orders-api"),
]
