"""The scripted provider for a site that lives longer than one test."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.provider import Provider


class LastingProvider(Provider):
    """Serves several tests, one after the other, each with a script of its own."""

    @contextmanager
    def for_one_test(self) -> Iterator[Provider]:
        self._script.clear()
        self._otherwise = lambda request: None
        self.forget_all()
        for seen in (self.requests, self.unscripted, self.rejected):
            seen.clear()
        yield self
        self.check()
        assert not self._script, "the model was asked less often than was scripted"
