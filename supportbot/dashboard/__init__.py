"""How the team does, in numbers: what apps count over a time, compared with the time before, and the rows behind it."""
