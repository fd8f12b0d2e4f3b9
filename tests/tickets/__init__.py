"""The life of a ticket, for staff and for its customer."""
