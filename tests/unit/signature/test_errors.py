import pickle

import pytest

from signature import errors

CLASSES = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, Exception)
]


@pytest.mark.parametrize("kind", CLASSES)
def test_survives_pickling(kind: type[Exception]) -> None:
    again = pickle.loads(pickle.dumps(kind("One sentence.")))  # noqa: S301 - our own bytes
    assert type(again) is kind
    assert str(again) == "One sentence."
    assert again.reason == kind.reason


def test_reasons_are_distinct_codes() -> None:
    reasons = [kind.reason for kind in CLASSES]
    assert len(set(reasons)) == len(CLASSES) == 14
    assert all(reason.replace("_", "").islower() for reason in reasons)


def test_one_hierarchy() -> None:
    assert all(issubclass(kind, errors.SignatureError) for kind in CLASSES)
    assert issubclass(errors.ParameterError, ValueError)
    assert issubclass(errors.OutOfMemoryError, MemoryError)
