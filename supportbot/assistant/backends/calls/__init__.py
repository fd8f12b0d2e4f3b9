"""Tool calls as servers send them: their ids, names and arguments, put together from pieces and repaired."""
