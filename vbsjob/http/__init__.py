"""HTTP client: transport, pacing, retry, errors."""
