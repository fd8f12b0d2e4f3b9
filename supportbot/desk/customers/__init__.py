"""One page for each customer, an account or a guest, and a file with all that the shop has about them."""
