"""Standard streams, screen, signals, prompt."""
