"""Short ways to every refusal, by noun."""
