"""`make bench`: what supportbot costs and holds, beside a textbook consumer on the same machine."""
