"""What comes in: mails are fetched and read, told apart, and posted in their conversations or kept for staff."""
