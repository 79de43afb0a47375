"""The command line: what it takes, and what it answers with."""

import argparse
import json
import math
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from elasticsearch import ElasticsearchWarning

from elastic import ElasticError
from fetch import FetchError, TooManyBytesError, WebLimits
from lookup.command_output import print_matches, print_record
from lookup.connecting import client_of, database_of, model_of
from lookup.errors import DatabaseError, IncompleteError, RequestError
from lookup.forms import FORMS, UPRIGHT, forms_of
from lookup.pictures import PictureSignature, Reading
from lookup.published_models import publish_model
from lookup.signature_store import SignatureStore
from signature import SignatureError, normalized_distance
from signature.image_signature import ImageSource

FOUND: Final = 0
NOT_FOUND: Final = 1
MISTAKE: Final = 2
FAILED: Final = 3

_STDIN: Final = "-"
_EPILOG: Final = (
    "exit codes: 0 found or done; 1 not found; 2 a mistake in what was asked, or a picture that "
    "cannot be read; 3 the database cannot be asked, or was searched in part. docs/lookup.md"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process by default.

    Returns
    -------
    int
        The exit code.
    """
    given = _parser().parse_args(arguments)
    # It is the user's own server: that it asks for no password is known.
    warnings.simplefilter("ignore", ElasticsearchWarning)
    try:
        code: int = given.command(given)
    except IncompleteError as error:
        if error.matches:
            print_matches(error.matches, given.json)
        return _complain(error, FAILED)
    except (RequestError, FetchError, SignatureError, ElasticError) as error:
        return _complain(error, MISTAKE)
    except DatabaseError as error:
        return _complain(error, FAILED)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stderr.close()
        return FOUND
    except KeyboardInterrupt:
        return _complain("interrupted", 130)
    return code


def _complain(what: object, code: int) -> int:
    print(f"lookup: {what}", file=sys.stderr)
    return code


def _search(given: argparse.Namespace) -> int:
    database = database_of(given, reading_of(given))
    database.distance_cutoff = given.cutoff
    picture, is_bytes = _picture(given.picture, given)
    matches = database.search_image(
        picture,
        all_orientations=given.all_orientations,
        bytestream=is_bytes,
        pre_filter=_json(given.filter, "--filter"),
        thorough=given.thorough,
    )
    print_matches(matches, given.json)
    return FOUND if matches else NOT_FOUND


def _add(given: argparse.Namespace) -> int:
    if len(given.picture) > 1 and (given.path or given.id):
        raise RequestError("--path and --id are for one picture.")
    if _STDIN in given.picture and not given.path:
        raise RequestError("A picture from standard input needs a name: --path.")
    database = database_of(given, reading_of(given))
    code = FOUND
    metadata = _json(given.metadata, "--metadata")
    pictures = (_addition(picture, given, metadata) for picture in given.picture)
    for added in database.add_images(pictures, refresh_after=True):
        if added.error is None:
            print_record({"id": added.image_id, "path": added.path}, given.json)
        else:
            code = _complain(f"{added.path}: {added.error}", MISTAKE)
    return code


def _addition(picture: str, given: argparse.Namespace, metadata: Any) -> dict[str, Any]:  # noqa: ANN401
    data, is_bytes = _picture(picture, given)
    path = given.path or picture
    return {
        "path": path,
        "img": data,
        "bytestream": is_bytes,
        "metadata": metadata,
        "image_id": given.id,
    }


def _delete(given: argparse.Namespace) -> int:
    database = database_of(given, reading_of(given))
    gone = (
        int(database.delete_by_id(given.id))
        if given.id is not None
        else database.delete_by_path(given.path)
    )
    print_record({"deleted": gone}, given.json)
    return FOUND if gone else NOT_FOUND


def _count(given: argparse.Namespace) -> int:
    images = database_of(given, reading_of(given)).count(_json(given.filter, "--filter"))
    print_record({"images": images}, given.json)
    return FOUND


def _compare(given: argparse.Namespace) -> int:
    signer = _signer_of(given)
    one, other = (signer.generate_signature(*_picture(name, given)) for name in given.pictures)
    for levels in (one, other):
        signer.require_features(levels)
    forms = forms_of(one, signer.parameters) if given.all_orientations else one[np.newaxis]
    distances = [normalized_distance(form, other) for form in forms]
    best = int(np.argmin(distances))
    form = FORMS[best] if given.all_orientations else UPRIGHT
    alike = distances[best] < given.cutoff
    print_record({"dist": distances[best], "orientation": form.label, "match": alike}, given.json)
    return FOUND if alike else NOT_FOUND


def _signer_of(given: argparse.Namespace) -> PictureSignature:
    """What signs with the parameters of a store, or with image-match's."""
    if given.store is None:
        return PictureSignature(reading=reading_of(given))
    store = SignatureStore(given.store, reading=reading_of(given))
    store.refresh()
    return store.gis


def _publish(given: argparse.Namespace) -> int:
    model = model_of(given.model)
    publish_model(client_of(given), model)
    print_record({"model": model.model_id}, given.json)
    return FOUND


def reading_of(given: argparse.Namespace) -> Reading:
    """Return the limits of reading that were asked for.

    Parameters
    ----------
    given : argparse.Namespace
        The options.

    Returns
    -------
    Reading
        Of files and URLs.
    """
    web = WebLimits(timeout_s=given.fetch_timeout, allow_private=given.allow_private)
    return Reading(max_bytes=given.max_bytes, web=web)


def _picture(name: str, given: argparse.Namespace) -> tuple[ImageSource, bool]:
    if name != _STDIN:
        return name, False
    data = sys.stdin.buffer.read(given.max_bytes + 1)
    if len(data) > given.max_bytes:
        raise TooManyBytesError(f"Standard input is above the limit of {given.max_bytes} bytes.")
    return data, True


def _json(text: str | None, option: str) -> Any:  # noqa: ANN401
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise RequestError(f"{option} is no JSON: {error}.") from None


def _cutoff(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise ValueError
    return value


def _positive(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise ValueError
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lookup", epilog=_EPILOG)
    commands = parser.add_subparsers(required=True, metavar="command")

    search = _command(commands, "search", _search, "look for the pictures that look like one")
    search.add_argument("picture", help="a file, a URL, or - for standard input")
    _database_options(search)
    _cutoff_options(search)
    search.add_argument("--thorough", action="store_true", help="look farther, and longer")
    search.add_argument("--size", type=_positive, default=100, help="most matches (100)")
    search.add_argument("--filter", metavar="JSON", help="a filter of Elasticsearch")

    add = _command(commands, "add", _add, "add pictures to an index")
    add.add_argument("picture", nargs="+", help="files, URLs, or - for standard input")
    _database_options(add)
    add.add_argument("--path", help="the name to keep, if it is not where the picture lies")
    add.add_argument("--id", help="its id, under which it replaces what is there")
    add.add_argument("--metadata", metavar="JSON", help="kept with each picture")

    delete = _command(commands, "delete", _delete, "delete entries of an index")
    which = delete.add_mutually_exclusive_group(required=True)
    which.add_argument("--path", help="as it was added")
    which.add_argument("--id", help="of a match")
    _database_options(delete)

    count = _command(commands, "count", _count, "count the pictures")
    _database_options(count)
    count.add_argument("--filter", metavar="JSON", help="a filter of Elasticsearch")

    compare = _command(commands, "compare", _compare, "say how far apart two pictures are")
    compare.add_argument("pictures", nargs=2, metavar="picture", help="a file, a URL, or -")
    compare.add_argument("--store", metavar="DIR", help="sign as this store's pictures are signed")
    _cutoff_options(compare)

    publish = _command(commands, "publish", _publish, "put a store's model beside its index")
    publish.add_argument("--model", required=True, metavar="STORE", help="the store that has it")
    _server_options(publish)
    return parser


def _command(commands: Any, name: str, function: Any, what: str) -> argparse.ArgumentParser:  # noqa: ANN401
    command: argparse.ArgumentParser = commands.add_parser(name, help=what, epilog=_EPILOG)
    command.set_defaults(command=function)
    command.add_argument("--json", action="store_true", help="JSON instead of a table")
    web = command.add_argument_group("pictures")
    web.add_argument("--max-bytes", type=_positive, default=Reading().max_bytes, help="largest")
    web.add_argument("--fetch-timeout", type=_seconds, default=20.0, help="seconds for a URL (20)")
    web.add_argument(
        "--allow-private", action="store_true", help="URLs may lead into private networks"
    )
    return command


def _cutoff_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cutoff", type=_cutoff, default=0.45, help="a match is nearer (0.45)")
    command.add_argument(
        "--all-orientations", action="store_true", help="also turned, mirrored and inverted"
    )


def _database_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--store", metavar="DIR", help="a store that a job wrote")
    command.add_argument("--model", metavar="STORE", help="the store whose model an index has")
    _server_options(command)


def _server_options(command: argparse.ArgumentParser) -> None:
    server = command.add_argument_group("Elasticsearch")
    server.add_argument("--elasticsearch", metavar="URL", help="the server")
    server.add_argument("--index", default="images", help="index or alias (images)")
    server.add_argument("--timeout", default="10s", help="for a search (10s)")
    server.add_argument("--user", help="for basic authentication")
    server.add_argument("--password", metavar="PLACE", help="env:NAME or file:PATH")
    server.add_argument("--api-key", metavar="PLACE", help="env:NAME or file:PATH")
    server.add_argument("--ca-file", type=Path, help="PEM file of authorities to trust")
