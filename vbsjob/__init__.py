"""Ask a cloud's Volume Backup Service about its jobs; the exit code tells the truth."""

__version__ = "0.1.0"
RELEASED = "2026-11-24"
"""The day of this version, for the manual pages."""
