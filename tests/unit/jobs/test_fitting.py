"""What is said of a model that was fitted."""

from dataclasses import replace

import numpy as np

from jobs.fitting import model_lines
from matching import Codebook, Model

FINE = np.zeros((1234, 64), np.float32)
CODEBOOK = Codebook(np.zeros((272, 64), np.float32), FINE[:1], FINE, np.array([0, 1234]))
MODEL = Model("v1", 9, True, ("cells", "words"), 0.4, fitted_to=56_789, codebook=CODEBOOK)


def test_a_model_is_told_with_its_size_and_its_use() -> None:
    size = sum(len(content) for content in MODEL.files().values())
    lines = [" ".join(line.split()) for line in model_lines(MODEL, "/the store")]
    assert lines == [
        f"model {MODEL.model_id}, rules: cells,words",
        "signatures it was fitted to 56,789",
        "cells 1,234",
        "nearest cells of a signature 12",
        f"bytes {size:,} {size / 1000:.1f} KB",
        "",
        f"to search with it: build_index.py --store /the store --model {MODEL.model_id}",
    ]


def test_a_model_without_cells_has_none() -> None:
    lines = model_lines(replace(MODEL, codebook=None), "s")
    assert " ".join(lines[2].split()) == "cells 0"
