"""What is stored of a conversation. The database owns it: sockets, pages and models only see it from here."""

from .attachment import Attachment
from .conversation import Conversation
from .customer_request import CustomerRequest
from .granted_right import GrantedRight
from .message import Message
from .rating import Rating
from .staff_presence import StaffPresence
from .token_budget import TokenBudget
from .tool_call import ToolCall
from .turn import Turn

__all__ = [
    "Attachment",
    "Conversation",
    "CustomerRequest",
    "GrantedRight",
    "Message",
    "Rating",
    "StaffPresence",
    "TokenBudget",
    "ToolCall",
    "Turn",
]
