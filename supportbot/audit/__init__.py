"""Who did what to which conversation, and who of the staff read it: a log that the database lets nobody change."""
