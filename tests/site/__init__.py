"""Real server processes: start, restart, and two processes as one site."""
