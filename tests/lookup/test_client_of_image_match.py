"""image-match's own client and ours find the same in an index, whichever of them wrote it."""

from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from benchmarks.image_match_client import insert, search
from elastic.mapping import index_body
from lookup import SignatureES, SignatureStore
from lookup.command import main
from lookup.published_models import publish_model
from matching import Model
from signature import signature_version
from store import Store
from tests.lookup.pictures import CARAVAGGIO, DOCUMENTED, REMIX, WIKIIMAGES, WIKIPEDIA, Pictures

pytestmark = pytest.mark.elastic

Found = list[tuple[str, float]]


def theirs(url: str, index: str, paths: list[str]) -> list[Found]:
    """What image-match's client finds, nearest first."""
    answers = search(url, index, [Path(path) for path in paths])
    return [sorted((hit["path"], hit["dist"]) for hit in hits) for hits in answers]


def ours(ses: SignatureES, paths: list[str]) -> list[Found]:
    """What our client finds."""
    return [sorted((hit["path"], hit["dist"]) for hit in ses.search_image(p)) for p in paths]


def test_in_an_index_that_either_wrote_or_both(
    es: Elasticsearch, elastic_url: str, index: str, pictures: Pictures, documented_store: Path
) -> None:
    asked = [*map(pictures.path, DOCUMENTED), pictures.squashed(WIKIIMAGES)]
    paths = [Path(pictures.path(name)) for name in DOCUMENTED]

    # Theirs, with the mapping that the server guesses.
    insert(elastic_url, index, paths)
    ses = SignatureES(es, index, timeout="60s")
    expected = ours(ses, asked)
    assert expected[0] == sorted(
        [
            (pictures.path(WIKIPEDIA), 0.0),
            (pictures.path(WIKIIMAGES), 0.22095170140933634),
            (pictures.path(REMIX), 0.42672771706789686),
        ]
    )
    assert theirs(elastic_url, index, asked) == expected
    assert ses.delete_by_path(pictures.path(CARAVAGGIO)) == 1
    es.indices.delete(index=index)

    # Ours, made by the first picture.
    fresh = SignatureES(es, index, timeout="60s")
    for name in DOCUMENTED:
        fresh.add_image(pictures.path(name), refresh_after=True)
    assert ours(fresh, asked) == expected
    assert theirs(elastic_url, index, asked) == expected
    es.indices.delete(index=index)

    # Ours with cells, in which theirs adds two pictures that then have none.
    store = Store(str(documented_store))
    model = Model.from_files(store.model_files(store.run().model_id))
    publish_model(es, model)
    meta = {"signature_version": signature_version(), "model_id": model.model_id}
    body = index_body("full", meta)
    es.indices.create(index=index, settings=body["settings"], mappings=body["mappings"])
    mixed = SignatureES(es, index, timeout="60s")
    for name in (WIKIPEDIA, CARAVAGGIO):
        mixed.add_image(pictures.path(name), refresh_after=True)
    source = es.search(index=index)["hits"]["hits"][0]["_source"]
    assert len(source["cells"]) == len(set(source["cells"])) > 0
    insert(elastic_url, index, [Path(pictures.path(WIKIIMAGES)), Path(pictures.path(REMIX))])
    anew = SignatureES(es, index, timeout="60s")  # the other looks again within seconds
    assert ours(anew, asked) == expected
    assert theirs(elastic_url, index, asked) == expected

    # And the store of the same pictures.
    stored = SignatureStore(str(documented_store))
    found = [sorted((hit["path"], hit["dist"]) for hit in stored.search_image(p)) for p in asked]
    assert found == expected
    _and_so_does_the_command_line(elastic_url, index, documented_store, pictures)


def _and_so_does_the_command_line(url: str, index: str, store: Path, pictures: Pictures) -> None:
    server = ["--elasticsearch", url, "--index", index, "--timeout", "60s"]
    for options in (server, ["--store", str(store)]):
        assert main(["search", pictures.path(WIKIPEDIA), *options]) == 0
        assert main(["search", pictures.turned(CARAVAGGIO), *options]) == 1
        assert main(["search", pictures.turned(CARAVAGGIO), *options, "--all-orientations"]) == 0
