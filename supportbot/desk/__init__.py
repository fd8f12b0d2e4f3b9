"""Where staff work: who waits, a conversation live, notes, saved replies, and one page for each customer."""
