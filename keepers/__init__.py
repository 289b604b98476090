"""Who keeps the protocol going: reporters, liquidators, settlers, executors."""
