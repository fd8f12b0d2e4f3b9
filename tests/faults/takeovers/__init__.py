"""A person takes over, at any moment: nothing of the bot comes afterwards, and no word that was read is lost.

What is played here are the product's transactions and its runner inside of one process, with a customer's page and the
scripted provider. `python -m tests.faults --takeovers 1000 --grabs 10000` is the long form of it, on both databases.
"""
