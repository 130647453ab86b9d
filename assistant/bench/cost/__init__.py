"""What speed is worth in money and time."""
