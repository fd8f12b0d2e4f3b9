"""What is stored of a conversation. The database owns it: sockets, pages and models only see it from here."""

from .attachment import Attachment
from .budget import Budget
from .conversation import Conversation
from .errand import Errand
from .message import Message, ToolCall
from .turn import Turn

__all__ = ["Attachment", "Budget", "Conversation", "Errand", "Message", "ToolCall", "Turn"]
