"""Proxies in front of one PostgreSQL, measured beside each other and beside the server itself."""
