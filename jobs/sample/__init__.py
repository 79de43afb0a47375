"""The sample corpus: free photographs, changed in known ways, with the truth beside them."""

from jobs.sample.corpus import make_sample_corpus
from jobs.sample.truth import Copy, read_truth

__all__ = ["Copy", "make_sample_corpus", "read_truth"]
