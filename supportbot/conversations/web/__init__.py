"""The pages, sockets and forms of the chat: each checks who asks and what, calls, and renders."""
