"""The page of a ticket as its customer reads and answers it."""

from typing import Any

import pytest
from django.test import Client

# What is posted is stored on another thread, which sees only what is committed.
POSTS = pytest.mark.usefixtures("transactional_db")
NUMBER = "TKT-00000001"
PAGE = f"/tickets/{NUMBER}/"


def read(client: Client, path: str = PAGE) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def answer(client: Client, text: str = "It is still broken", client_id: str = "c1", **fields: Any) -> Any:
    return client.post(PAGE, {"action": "answer", "text": text, "client_id": client_id} | fields)
