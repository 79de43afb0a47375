"""``python -m benchmarks``: those that take seconds, each with its defaults."""

from benchmarks import accidents, algebra, compare, sign

sign.main([])
accidents.main([])
algebra.main([])
compare.main([])
