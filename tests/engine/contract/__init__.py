"""What every backend promises, whichever wire it speaks: one suite, played over each of them.

A backend joins by a line in `wires.WIRES`. What only one wire can do, or do wrong, is tested beside this folder.
"""
