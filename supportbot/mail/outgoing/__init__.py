"""What is sent: the mails to customers and to staff, and the way to the mail server."""
