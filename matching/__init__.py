"""Signatures find each other: keys, buckets, exact comparison, keepers. Pure; no Spark."""

from matching.compare import compare_bucket
from matching.errors import MatchingError
from matching.greedy import greedy_removals
from matching.identity import signature_ids
from matching.model import Model
from matching.rules import BlockingRule, ExhaustiveRule, WordsRule, rule_of

__all__ = [
    "BlockingRule",
    "ExhaustiveRule",
    "MatchingError",
    "Model",
    "WordsRule",
    "compare_bucket",
    "greedy_removals",
    "rule_of",
    "signature_ids",
]
