"""A check of what the model says, by rules: facts must stand in what it was shown, and actions must have been done.

Order and ticket numbers, telephone numbers, e-mail and web addresses, money, dates, times, spans of time and
percentages are looked up in the customer's words, the tools' results and the instructions; “I have refunded you” asks
for a call of this turn that does so. A mark says that something could not be confirmed, not that it is wrong.
"""

from .check import GroundingCheck
from .checked_text import CheckedText, GroundingMode

__all__ = ["CheckedText", "GroundingCheck", "GroundingMode"]
