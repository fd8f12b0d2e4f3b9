"""How long a model may be silent, whichever way it is asked. The loop above the backends has more of these."""

WHOLE_ANSWER_SECONDS = 60.0  # for what is not streamed, so that nothing else tells whether it still lives
KEEP_ALIVE_SECONDS = 0.5  # seconds between two signs that a silent model is at work
