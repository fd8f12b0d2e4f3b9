"""The shop's orders: imported or sent live, found by what customers write, and shown to their owners alone."""
