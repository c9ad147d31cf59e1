"""What a printed design loses to faults, drifting converters and other supplies."""
