"""Configuration loader: settings, clouds.yaml, config.toml."""
