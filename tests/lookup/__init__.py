"""Asking real databases: image-match's documented session, its own client, threads, faults."""
