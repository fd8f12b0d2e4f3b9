"""What a mail server says in figures of a mail that it does not take (RFC 3463)."""

import re

# What passes, and is called permanent all the same: a full mailbox, a full or busy server, and that we have sent as
# much as we may in a day (RFC 3463 has them as «useful only as a persistent transient error»).
PASSING_STATUS = re.compile(r"5\.(?:2\.2|3\.[12]|4\.5)\b")
PERMANENT_STATUS = re.compile(r"^5\.\d{1,3}\.\d{1,3}")
