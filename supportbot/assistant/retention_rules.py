"""`@retention_rule`: what an app does when old conversations are deleted by their age.

    @retention_rule
    def delete_old_returns(conversations: Collection[int], before: datetime) -> Collection[int]:
        returns = Return.objects.filter(conversation__in=conversations)
        needed = set(returns.exclude(state="done", updated__lt=before).values_list("conversation", flat=True))
        returns.exclude(conversation__in=needed).delete()
        return needed

Found in the module `retention_rules` of every app.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from .declarations import require_function

Rule = Callable[[Collection[int], datetime], Collection[int]]


@dataclass(frozen=True, slots=True)
class RetentionRule:
    function: Rule

    def __call__(self, conversations: Collection[int], before: datetime) -> Collection[int]:
        return self.function(conversations, before)


def retention_rule(function: Rule) -> RetentionRule:
    """Have a function called with the primary keys of conversations in which nothing has happened since `before`.

    It deletes the app's old rows about them, and returns the keys of those that must stay since a row of the app still
    needs them. Where an app needs one, all that was deleted is there again, and the rules are called anew without it.
    Then the conversations are deleted, in the same transaction. At the end of each round it is called with no
    conversation, for old rows that belong to none.

    Raises TypeError for a function that cannot be called so.
    """
    require_function(function, "@retention_rule", ("conversations", "before"))
    return RetentionRule(function)
