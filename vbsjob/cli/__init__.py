"""Typer commands, one file per command."""
