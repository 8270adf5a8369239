"""The HTTP library: the only import of httpx and httpcore, so that a successor is one change."""

import httpcore
import httpx

__all__ = ["httpcore", "httpx"]
