"""Who watches a conversation, and what they see of it: open pages, their audiences, frames, and other processes."""
