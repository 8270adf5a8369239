"""Show and watch jobs of the Volume Backup Service; the exit code is the result."""

__version__ = "0.1.0"
RELEASED = "2026-11-24"
"""The day of this version, for the manual pages."""
