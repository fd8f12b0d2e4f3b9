"""What happens in a run, drawn by a seed: when somebody takes over, and what else happens in that moment."""

import os
from dataclasses import dataclass
from random import Random

SEED = int(os.environ.get("FAULT_SEED", "9"))
TAKEOVERS = int(os.environ.get("FAULT_TAKEOVERS", "30"))
GRABS = int(os.environ.get("FAULT_GRABS", "200"))

KINDS = "pttwwbb"  # of `script.KINDS`, those with a tool that writes more often
MOST_FRAMES = 40
# The customer writes just then, has written something that waits in line, presses the button, or a second person
# reaches for the conversation.
MEANWHILE = ("nothing", "nothing", "a message", "a message in line", "the button", "a rival")


@dataclass(frozen=True)
class Plan:
    """`frames` are those that the page has got when the conversation is taken over."""

    number: int
    kind: str
    frames: int
    meanwhile: str = "nothing"

    @property
    def customer(self) -> str:
        return f"c{self.number}"


def draw_plans(count: int, seed: int) -> list[Plan]:
    chance = Random(f"takeovers {seed}")
    return [
        Plan(number, chance.choice(KINDS), chance.randrange(1, MOST_FRAMES), chance.choice(MEANWHILE))
        for number in range(1, count + 1)
    ]
