"""Sinks: what writes."""
