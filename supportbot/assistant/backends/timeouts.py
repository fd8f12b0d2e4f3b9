"""Time limits that all backends share. Those of a turn are `Limits`, which the tool-calling loop enforces."""

WHOLE_ANSWER_SECONDS = 60.0  # for a request that is not streamed, and so gives no other sign of life
KEEP_ALIVE_SECONDS = 0.5  # between two empty `TextDelta`s of a model that is at work but sends no text
# For what follows the end of an answer, when neither it nor the end of the body comes:
TRAILER_SECONDS = 0.5  # after the last event there is
USAGE_SECONDS = 3.0  # for the token counts, after the reason to finish
MORE_TEXT_SECONDS = 10.0  # for more words, after a reason that came with words
