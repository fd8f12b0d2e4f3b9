"""Opening an address that a form is posted to shows something, and does nothing."""

import pytest
from django.test import Client

PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ADDRESSES = ["/new/", "/accounts/logout/", "/c/6f1c9a52-5d1e-4c3b-9d53-0d6f5a0b7c11/forget/"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_opens_it_in_a_browser_comes_to_the_start_page_and_stays_signed_in(alice, address):
    client = Client()
    client.force_login(alice)

    response = client.get(address, headers=PAGE)

    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert "_auth_user_id" in client.session


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_program_is_told_that_it_cannot_be_read(db, address):
    assert Client().get(address, headers={"accept": "application/json"}).status_code == 405
