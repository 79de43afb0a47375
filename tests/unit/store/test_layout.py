"""Where the parts of a store lie."""

import pytest

from store.layout import Layout


@pytest.mark.parametrize("root", ["/data/store", "/data/store/", "s3a://bucket/store", "store"])
def test_everything_lies_below_the_root(root: str) -> None:
    layout, below = Layout(root), root.rstrip("/")
    assert layout.root == below
    assert layout.runs == f"{below}/runs"
    assert layout.table("pairs") == f"{below}/pairs"
    assert layout.model("m1") == f"{below}/models/m1"
    assert layout.report("r1") == f"{below}/reports/r1"
    assert layout.staging("r1") == f"{below}/staging/r1"


def test_tables_models_reports_and_staging_do_not_mix() -> None:
    layout = Layout("/s")
    places = {layout.runs, layout.table("x"), layout.model("x"), layout.report("x")}
    assert len(places | {layout.staging("x")}) == 5
