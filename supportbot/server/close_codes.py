"""The code with which the server closes a socket that it cannot serve now."""

# The page says so, and opens a new one after a while. Autobahn sends neither 1011 nor 1013, which mean the same.
CLOSE_TRY_AGAIN = 4503
