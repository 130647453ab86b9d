"""What the speed is worth, as a panel of the app."""
