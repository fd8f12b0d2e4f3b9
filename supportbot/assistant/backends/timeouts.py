"""Time limits that all backends share. Those of a turn are `Limits`, which the tool-calling loop enforces."""

WHOLE_ANSWER_SECONDS = 60.0  # for a request that is not streamed, and so gives no other sign of life
KEEP_ALIVE_SECONDS = 0.5  # between two empty `TextDelta`s of a model that is at work but sends no text
TRAILER_SECONDS = 0.5  # for what follows the end of an answer: its token counts
