"""One conversation live: its page and its socket, who else looks at it, notes, and replies with photos."""
