"""The sample corpus: free photographs, changed in known ways, with the truth beside them."""

from jobs.sample.corpus import PICTURES, TRUTH, make_sample_corpus
from jobs.sample.truth import Copy, read_truth

__all__ = ["PICTURES", "TRUTH", "Copy", "make_sample_corpus", "read_truth"]
