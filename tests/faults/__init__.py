"""The proof of «a conversation that survives anything».

Real server processes, real sockets and the scripted provider; customers who behave as the page does; a nemesis
that kills, freezes and cuts; and a checker that reads the whole history of a run and says what a customer would
have lost. `python -m tests.faults --seed 7` plays one run again, `--help` tells the rest.
"""
