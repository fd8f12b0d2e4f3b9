"""Customers' images: stored, sent with a message, shown to the model, and deleted."""
