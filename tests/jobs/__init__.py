"""Background jobs: kinds, attempts, leases and ends."""
