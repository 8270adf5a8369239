"""Credentials, sign-in, token renewal."""
