"""The variables that say how the site is served, of which apps it is made, and whose it is."""

from pydantic import Field
from pydantic_settings import BaseSettings

from .values import AllowedHosts, AppNames, Holidays, Host, Languages, Line, OpeningHours, Origins, TimeZone


class SiteSettings(BaseSettings):
    """The first fields of the environment."""

    debug: bool = Field(True, description="Development mode. Set to 0 wherever strangers can reach the site.")
    secret_key: str = Field("", description="Signs sessions. With DEBUG=1 one is made and kept in `var/`.")
    host: Host = Field("127.0.0.1", description="The address to serve on.")
    port: int = Field(8000, ge=1, le=65535, description="The port to serve on.")
    allowed_hosts: AllowedHosts = Field(
        (), description="Host names of the site, with commas. Loopback always works with DEBUG=1."
    )
    csrf_trusted_origins: Origins = Field(
        (), description="Origins such as `https://help.example.com`, with commas."
    )
    database_url: str = Field(
        "", description="`postgres://user:password@host/name`. Unset: SQLite in `var/`."
    )
    redis_url: str = Field(
        "",
        description="`redis://host:6379/0`, if several processes are to talk over it, not over PostgreSQL.",
    )
    behind_proxy: bool = Field(
        False, description="The proxy in front sets X-Forwarded-For and X-Forwarded-Proto itself."
    )
    trusted_proxies: int = Field(
        1,
        ge=1,
        le=10,
        description="With BEHIND_PROXY: how many of our proxies add to X-Forwarded-For, one behind the other. What "
        "stands further left in it is anybody's claim.",
    )
    extra_apps: AppNames = Field(
        (),
        description="Apps that teach the assistant more, with commas: folders beside `manage.py` or installed "
        "packages, such as `stock`, or the class of an app's configuration.",
    )

    company_name: Line = Field(
        "TechCorp", description="The shop's name, on the page and in what the model is told."
    )
    languages: Languages = Field(
        ("en", "de", "es", "fr", "it", "nl", "pl", "pt-br"),
        description="In which languages pages and mails may be, with commas. Customers are shown that of their "
        "browser, or the first one; staff the first one.",
    )
    time_zone: TimeZone = Field(
        "UTC", description="Days of numbers, times in admin's lists and in transcripts: `Europe/Berlin`."
    )
    opening_hours: OpeningHours = Field(
        "", description="When people answer: `Mon-Fri 09:00-17:00, Sat 10:00-14:00`. Unset: always."
    )
    holidays: Holidays = Field(
        "", description="A country on whose public holidays nobody answers, such as `DE`, or a part: `DE-BE`."
    )
