"""What a server process does by itself: it runs turns, recovers abandoned ones, and keeps house."""
