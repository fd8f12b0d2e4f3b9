from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("Orders")
    agent_rights = ("orders.view_order", "orders.view_orderitem")

    def ready(self) -> None:
        from . import checks  # noqa: F401 - it registers them
