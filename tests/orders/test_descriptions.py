"""What the model reads of our tools holds nothing that it could take for a customer's own data."""

import json
import re

import pytest
from django.apps import apps

EXAMPLE = re.compile(r"\b[A-Z]{2,}-\d+|#\d+|\b\S+@\S+\.\w+|\b\d{4,}\b")


@pytest.mark.parametrize(
    "name", ["lookup_order", "my_orders", "create_ticket", "my_tickets", "request_human"]
)
def test_no_schema_has_an_example_that_passes_for_a_real_one(name):
    schema = json.dumps(apps.get_app_config("conversations").tools[name].as_chat())

    assert EXAMPLE.findall(re.sub(r'"maxLength": \d+', "", schema)) == []


def test_numbers_and_addresses_come_from_the_customer():
    tools = apps.get_app_config("conversations").tools

    assert tools["lookup_order"].customers_arguments == ("order_id", "email", "phone")
