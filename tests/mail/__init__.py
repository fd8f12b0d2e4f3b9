"""Who is mailed what, and which mail comes into which conversation."""
