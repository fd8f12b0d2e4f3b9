"""The engine: messages, tools, the loop, the window, the backends and the demo model."""
