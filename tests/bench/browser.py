"""What a browser does for a chat: opens the page, follows it to its socket, and speaks in websocket frames.

By hand and over plain sockets, because a library's objects would cost more than the servers' own work.
"""

import base64
import http.client
import re
import secrets
import socket
from dataclasses import dataclass
from html import unescape
from urllib.parse import urljoin, urlsplit

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
WS_CONNECT = re.compile(r"""ws-connect=["']([^"']+)["']""")
REDIRECTS = 5


class OpeningError(Exception):
    """The server did not let the chat in; the text says at which step."""


@dataclass(slots=True)
class Opened:
    """An open chat: its socket, the page's address, and bytes that came right behind the handshake.

    `address` is that of the socket, `cookies` are the visitor's.
    """

    sock: socket.socket
    page: str
    rest: bytes
    address: str
    cookies: dict[str, str]


def open_chat(url: str, cookies: dict[str, str] | None = None) -> Opened:
    page, html, cookies = get(url, cookies)
    found = WS_CONNECT.search(html)
    if not found:
        raise OpeningError("no ws-connect in the page")
    address = urljoin(page, unescape(found[1]))
    sock, rest = open_socket(address, page, cookies)
    return Opened(sock, page, rest, address, cookies)


def open_again(opened: Opened, url: str) -> Opened:
    """The same chat on a second page, at another process of the site."""
    here, there = urlsplit(opened.page).netloc, urlsplit(url).netloc
    page, address = opened.page.replace(here, there), opened.address.replace(here, there)
    sock, rest = open_socket(address, page, opened.cookies)
    return Opened(sock, page, rest, address, opened.cookies)


def get(url: str, cookies: dict[str, str] | None = None) -> tuple[str, str, dict[str, str]]:
    """The page that a visitor lands on: its final address, its HTML and the cookies by then."""
    cookies = dict(cookies or {})
    for _ in range(REDIRECTS):
        address = urlsplit(url)
        connection = http.client.HTTPConnection("127.0.0.1", address.port or 80, timeout=30)
        try:
            path = address._replace(scheme="", netloc="", fragment="").geturl() or "/"
            connection.request("GET", path, headers={"Accept": "text/html", **_cookie(cookies)})
            response = connection.getresponse()
            html = response.read().decode()
        finally:
            connection.close()
        for header in response.headers.get_all("Set-Cookie") or ():
            name, _, value = header.partition(";")[0].partition("=")
            cookies[name.strip()] = value.strip()
        if response.status == 200:
            return url, html, cookies
        if response.status not in (301, 302, 303, 307, 308):
            raise OpeningError(f"GET {address.path} gave {response.status}")
        url = urljoin(url, response.headers["Location"])
    raise OpeningError("too many redirects")


def _cookie(cookies: dict[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}


def open_socket(url: str, page: str, cookies: dict[str, str]) -> tuple[socket.socket, bytes]:
    """A page's socket, and bytes that came right behind the handshake."""
    address, origin = urlsplit(url), urlsplit(page)
    headers = {
        "Host": origin.netloc,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
        "Sec-WebSocket-Version": "13",
        "Origin": f"{origin.scheme}://{origin.netloc}",
        **_cookie(cookies),
    }
    sock = socket.create_connection(("127.0.0.1", origin.port or 80), timeout=30)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    path = address._replace(scheme="", netloc="").geturl()
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    sock.sendall("\r\n".join([*lines, "", ""]).encode())
    received = b""
    while b"\r\n\r\n" not in received:
        data = sock.recv(4096)
        if not data:
            break
        received += data
    head, _, rest = received.partition(b"\r\n\r\n")
    if b" 101 " not in head.split(b"\r\n")[0]:
        sock.close()
        raise OpeningError(f"socket {head[9:12].decode() or 'closed'}")
    sock.setblocking(False)
    return sock, rest


def frame(kind: int, payload: bytes) -> bytes:
    """One frame from a client. A mask of zeros is a valid mask, and leaves the payload as it is."""
    length = len(payload)
    if length < 126:
        return bytes((kind, 0x80 | length)) + bytes(4) + payload
    return bytes((kind, 0xFE)) + length.to_bytes(2) + bytes(4) + payload


def whole_frames(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The frames that are whole, as kind and payload, and the rest of the bytes."""
    frames, start, end = [], 0, len(data)
    while end - start >= 2:
        length, body = data[start + 1] & 0x7F, start + 2
        if length == 126:
            length, body = int.from_bytes(data[body : body + 2]), body + 2
        elif length == 127:
            length, body = int.from_bytes(data[body : body + 8]), body + 8
        if body + length > end:
            break
        frames.append((data[start], data[body : body + length]))
        start = body + length
    return frames, data[start:]
