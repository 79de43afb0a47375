"""The version of this code, as the run log records it."""

CODE_VERSION = "0.1.0"
