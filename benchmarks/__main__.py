"""``python -m benchmarks``: all of them, each with its defaults."""

from benchmarks import compare, sign

sign.main([])
compare.main([])
