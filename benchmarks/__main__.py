"""``python -m benchmarks``: those that take seconds, each with its defaults."""

from benchmarks.single_thread import one_thread_for_products

one_thread_for_products()

from benchmarks import accidents, algebra, compare, sign  # noqa: E402

sign.main([])
accidents.main([])
algebra.main([])
compare.main([])
