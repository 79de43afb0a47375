"""Stages: from DataFrame to DataFrame, without effects."""
