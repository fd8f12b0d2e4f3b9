"""What may stand in the environment, or in `.env` beside manage.py. Nothing else configures a deployment."""

from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from ..addresses import ADDRESS_SCHEMES
from .site import SiteSettings
from .values import (
    DEFAULT_TICKET_HOURS,
    MAX_SECONDS,
    CommaSeparated,
    Key,
    Line,
    MailAddress,
    Mailboxes,
    Prices,
    ReasoningEffort,
    Seconds,
    TicketHours,
    check_address,
    check_number,
)

BASE_DIR = Path(__file__).resolve().parent.parent.parent
ENV_FILE = BASE_DIR / ".env"
ENV_FILE_ENCODING = "utf-8-sig"  # Windows' editors write a mark before the first name


class Environment(SiteSettings):
    """A field for each variable; docs/settings.md lists them with these descriptions."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_file_encoding=ENV_FILE_ENCODING, extra="ignore", env_ignore_empty=True
    )

    ticket_hours: TicketHours = Field(
        DEFAULT_TICKET_HOURS,
        description="In how many opening hours a ticket must be answered, by its priority.",
    )
    ticket_close_days: int = Field(
        7, ge=0, le=3650, description="After how many days a solved ticket is closed; `0`: never by itself."
    )

    retention_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="After how many days in which nothing happened a conversation is deleted with all that is in it, "
        "and the solved tickets about it ([privacy.md](privacy.md)). 0: never by itself.",
    )

    xai_api_key: Key = Field("", description="A key of xAI: the assistant is Grok.")
    llm_backend: Literal["", "chat", "responses", "xai", "demo"] = Field(
        "",
        description="`chat`, `responses`, `xai` or `demo`. Unset: `chat` with XAI_API_KEY or LLM_BASE_URL, "
        "else `demo`.",
    )
    llm_base_url: str = Field(
        "", description="Another server that speaks chat completions. Unset: `https://api.x.ai/v1`."
    )
    llm_api_key: Key = Field(
        "", description="The key of that other server. x.ai's own gets XAI_API_KEY, if that is set."
    )
    llm_model: Line = Field("grok-4.3", description="The model's name.")
    llm_images: bool = Field(
        True, description="The model can look at pictures. 0: it only learns that there are some."
    )
    llm_fallback: CommaSeparated = Field(
        (),
        description="Other models for when that one does not answer, in order and with commas: `grok-4.5`, or "
        "`qwen3@http://127.0.0.1:11434/v1` for one on another server. All of them share LLM_FIRST_TOKEN_SECONDS.",
    )
    llm_fallback_api_key: Key = Field(
        "",
        description="The key of those other servers; x.ai's gets XAI_API_KEY. Unset: LLM_API_KEY, for one on the "
        "same host and port as LLM_BASE_URL.",
    )
    llm_prices: Prices = Field(
        {
            "grok-4.3": (Decimal("1.25"), Decimal("1.25"), Decimal("2.50")),
            "grok-4.5": (Decimal(2), Decimal("0.50"), Decimal(6)),
        },
        description="US dollars for a million tokens, `model=input/cached/output` with commas. Needed where the "
        "provider does not name the cost itself.",
    )
    llm_reasoning_effort: ReasoningEffort = Field(
        "",
        description="`none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`, as far as the model knows it.",
    )
    llm_max_tokens: int = Field(
        2048,
        ge=16,
        description="The longest answer, in tokens. Where a server does not keep to that, an answer is cut after "
        "sixteen times as many characters, and no sooner than after 4,000.",
    )
    llm_window_tokens: int = Field(
        24_000, ge=500, description="How much of a long conversation the model is sent, in tokens."
    )
    llm_window_messages: int = Field(
        80, ge=4, description="The same in messages; tool calls and their results count too."
    )
    llm_summarise_tokens: int = Field(
        12_000,
        ge=0,
        description="Beyond so many, and never more than three quarters of the window, the oldest turns are "
        "summarised. 0: never.",
    )
    llm_background: bool = Field(
        True,
        description="The model also sorts tickets, writes handover notes and sums long conversations up.",
    )
    llm_first_token_seconds: Seconds | None = Field(
        None,
        description="How long the model may take to begin. With LLM_FALLBACK each model gets an equal share of it. "
        "Unset: 20, and 300 for each on this machine or network, which may have to load its model first.",
    )
    llm_stall_seconds: Seconds = Field(15, description="How long it may then pause.")
    drain_seconds: float = Field(
        20,
        ge=0,
        le=MAX_SECONDS,
        description="How long running answers and jobs may go on when the process is asked to end.",
    )
    turn_seconds: Seconds = Field(90, description="How long a whole turn may take, tools included.")
    turn_tool_rounds: int = Field(4, ge=1, description="How often the model may ask for tools in one turn.")
    turn_tool_calls: int = Field(6, ge=1, description="How many calls it may make in one turn.")
    grounding: Literal["off", "mark", "hold"] = Field(
        "mark",
        description="What becomes of numbers, dates, prices and claimed actions in an answer that stand in nothing "
        "the model was shown: `mark` shows them to staff, `hold` also leaves such sentences out and offers a "
        "person, `off`.",
    )
    tool_result_max_chars: int = Field(
        20_000,
        ge=1000,
        description="The longest result of a tool, in characters. A longer one is cut: the model and staff see that, "
        "and the log has an error.",
    )
    demo_words_per_second: float = Field(
        25, ge=0, le=100_000, description="The pace of the demo model. 0: at once."
    )

    shopify_webhook_secret: str = Field(
        "",
        description="Opens `/orders/webhooks/shopify`: the key by which Shopify signs. Two with a comma while one "
        "replaces the other.",
    )
    woocommerce_webhook_secret: str = Field(
        "", description="Opens `/orders/webhooks/woocommerce`: the secret of the shop's webhooks."
    )
    orders_api_token: Key = Field(
        "", description="Opens `/orders/api`, to which a system of the shop's own sends orders as JSON."
    )

    alert_emails: Mailboxes = Field(
        (), description="Who gets a mail when no model answers, or the day's tokens are used up; with commas."
    )
    site_url: str = Field(
        "", description="Where the site is, such as `https://help.example.com`: for the addresses in mails."
    )
    smtp_url: str = Field(
        "",
        description="`smtp://user:password@host:587`, or `smtps://…`. A password goes to no other machine without TLS, "
        "on whichever port. Unset: no mail about chats; alerts of the model are written to the log.",
    )
    mail_address: MailAddress = Field(
        "",
        description="The address that mails come from and are answered to, such as `support@example.com`. Set it once "
        "answers are read: by IMAP_URL, or by a pipe of the mail server. Unset: mails lead back to the chat.",
    )
    mail_subaddresses: bool = Field(
        True,
        description="The mail server takes `support+anything@example.com` for MAIL_ADDRESS. 0: answers are known by "
        "their subject and by the mail that they answer.",
    )
    imap_url: str = Field(
        "",
        description="The mailbox that `manage.py fetch_mail` reads: `imaps://user:password@host:993/INBOX`, one that "
        "nobody else reads.",
    )
    mail_authserv_id: str = Field(
        "",
        description="The name by which our own mail server signs Authentication-Results. A mail that fails there is "
        "not posted. Unset: such lines are anybody's claim and say nothing.",
    )
    mail_strangers: Literal["open", "keep"] = Field(
        "open",
        description="What becomes of a mail that answers none of ours: `open` begins a conversation that waits for a "
        "person, `keep` keeps it for staff under “Incoming mails”.",
    )
    # More would not fit into one frame.
    message_max_chars: int = Field(4000, ge=1, le=20_000, description="The longest message of a customer.")
    conversation_messages_per_minute: int = Field(
        10, ge=0, description="Messages a minute in one conversation. 0: no limit."
    )
    visitor_messages_per_minute: int = Field(
        30, ge=0, description="Messages a minute of one visitor. 0: no limit."
    )
    address_messages_per_minute: int | None = Field(
        None,
        ge=0,
        description="Messages a minute of all guests of one network together, such as an office of fifty. Unset: "
        "5 times VISITOR_MESSAGES_PER_MINUTE. 0: no limit.",
    )
    address_person_requests_per_hour: int = Field(
        30,
        ge=0,
        description="How often the guests of one network may ask for a person in an hour. 0: no limit.",
    )
    address_tickets_per_hour: int = Field(
        20, ge=0, description="Tickets an hour that the guests of one network may open. 0: no limit."
    )
    image_max_bytes: int = Field(
        8 * 1024 * 1024, ge=1024, le=64 * 1024 * 1024, description="The largest photo, in bytes."
    )
    images_per_minute: int = Field(
        10, ge=0, description="Photos a minute of one visitor in one process. 0: no limit."
    )
    images_per_day: int = Field(30, ge=0, description="Photos a day of one visitor. 0: no limit.")
    media_dir: str = Field(
        "", description="Where photos are kept, one place for all processes. Unset: `var/media`."
    )
    conversation_tokens_per_day: int = Field(
        0, ge=0, description="Tokens that the model may use for one conversation in a day. 0: no limit."
    )
    visitor_tokens_per_day: int = Field(
        500_000, ge=0, description="The same for one account or one guest's browser. 0: no limit."
    )
    address_tokens_per_day: int | None = Field(
        None,
        ge=0,
        description="The same for all guests of one network together. Unset: 6 times VISITOR_TOKENS_PER_DAY. "
        "0: no limit.",
    )
    guest_tokens_per_day: int | None = Field(
        None,
        ge=0,
        description="The same for all guests together; then they are asked to sign in, and staff are told. Unset: "
        "20 times VISITOR_TOKENS_PER_DAY. 0: no limit.",
    )
    tokens_per_day: int = Field(
        0, ge=0, description="The same for everybody together; then staff are told. 0: no limit."
    )
    running_turns: int = Field(
        500, ge=1, description="How many answers one process works on at once; more wait in line."
    )
    visitor_sockets: int = Field(20, ge=1, description="Open pages of one visitor in one process.")
    page_turns: int = Field(
        25, ge=5, description="How many exchanges a page shows before older ones are asked for."
    )

    _check_addresses = field_validator(*ADDRESS_SCHEMES)(check_address)
    _check_numbers = field_validator("*")(check_number)
