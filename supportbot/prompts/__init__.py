"""What the assistant is told, in versions that staff try and publish."""
