"""Tells whether a message comes from who knows the secret. All comparisons take the same time."""

import base64
import hashlib
import hmac

MIN_SECRET_CHARS = 16


def split_secrets(setting: str, *, may_have_commas: bool = False) -> list[str]:
    """The secret, or each of several with commas. What has commas itself may as well be one."""
    return [setting.strip()] if may_have_commas else [part.strip() for part in setting.split(",")]


def list_secrets(setting: str) -> list[str]:
    """The secret, and each of several with commas while one replaces another. WooCommerce makes some with commas."""
    whole = setting.strip()
    parts = split_secrets(whole) if "," in whole else []
    return [each for each in (whole, *parts) if len(each) >= MIN_SECRET_CHARS]


def is_signed(body: bytes, signature: str, setting: str) -> bool:
    """Whether the signature is the HMAC-SHA256 of the body in Base64."""
    try:
        given = base64.b64decode(signature.strip(), validate=True)
    except ValueError:
        return False
    digests = [hmac.digest(secret.encode(), body, hashlib.sha256) for secret in list_secrets(setting)]
    # Every one of them is compared, so that the time does not tell which one it is.
    return sum(hmac.compare_digest(digest, given) for digest in digests) > 0


def has_token(authorization: str, setting: str) -> bool:
    """Whether the header Authorization has the token as “Bearer …”."""
    scheme, _, token = authorization.strip().partition(" ")
    given = hashlib.sha256(token.strip().encode(errors="surrogatepass")).digest()
    digests = [hashlib.sha256(secret.encode()).digest() for secret in list_secrets(setting)]
    matches = sum(hmac.compare_digest(digest, given) for digest in digests)
    return matches > 0 and scheme.lower() == "bearer"
