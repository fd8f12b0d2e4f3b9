"""The prompt in versions, and trying it out."""
