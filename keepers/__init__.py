"""Who keeps the protocol going for a reward: reporters, liquidators, settlers."""
