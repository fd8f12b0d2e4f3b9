"""The audit log only grows, and says in words what was done."""
