"""How much customers may send, and how many tokens the model may use in a day."""
