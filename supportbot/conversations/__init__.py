"""The conversation: its rows, its turns, what its pages show, and who may do what in it."""
