"""The demo: a built-in model that answers offline by rules, and a demo shop to try it out in."""
