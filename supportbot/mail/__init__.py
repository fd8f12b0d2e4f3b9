"""Mail out and in: what is sent to whom, and which mail comes into which conversation."""
