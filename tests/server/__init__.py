"""What stands between Daphne and Django: limits, outages, locks and private files."""
