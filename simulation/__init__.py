"""What happens to the protocol in a market: prices, scenarios, and who acts in them."""
