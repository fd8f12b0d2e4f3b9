"""The tests; each file begins with the promise that it holds. README.md says which folder promises what."""
