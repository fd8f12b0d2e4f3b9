"""What only the wire of xai-sdk can do, or do wrong; what every backend promises stands in `contract`."""
