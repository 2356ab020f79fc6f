"""Measures how long writes are out when a primary is lost, the same way for every system. Standard library only."""
