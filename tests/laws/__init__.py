"""What holds for any input: conservation, monotony, rounding."""
