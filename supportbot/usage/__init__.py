"""What the models were asked, what that took and cost, and when none of them answered."""
