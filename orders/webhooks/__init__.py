"""Live orders: what Shopify, WooCommerce and a shop's own system send as soon as an order changes."""
