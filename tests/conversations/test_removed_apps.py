"""The apps that teach the assistant may be taken out of INSTALLED_APPS: the pages of customers stay."""

import pytest

from supportbot import urls

from .markup import parse
from .page import Browser

ADDRESSES = ("/", "/conversations/", "/accounts/login/")


@pytest.fixture
def without_app(request, settings):
    """Settings without the app, and addresses as they are found then."""
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != request.param]
    site = [each for each in urls.urlpatterns if str(each.pattern) not in ("tickets/", "orders/")]
    settings.ROOT_URLCONF = type("Addresses", (), {"urlpatterns": [*site, *urls.find_app_urls()]})


@pytest.mark.parametrize("without_app", ["tickets", "orders"], indirect=True)
@pytest.mark.parametrize("is_guest", [True, False])
def test_customers_get_their_pages_without_an_app(db, without_app, alice, is_guest):
    client = Browser(None if is_guest else alice).client
    for address in ADDRESSES:
        assert client.get(address, follow=True).status_code == 200


@pytest.mark.parametrize("without_app", ["tickets"], indirect=True)
def test_the_menu_leads_to_no_tickets_that_are_not_there(db, without_app):
    page = parse(Browser().client.get("/", follow=True).content.decode())
    assert "My tickets" not in page.text
