"""What stands between Daphne and Django: limits, headers, backpressure, and the threads of the database."""
