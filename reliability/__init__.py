"""Whether every file ends signed, skipped or failed with a reason; for developers, not shipped."""
