"""Reading a document that lies in a file, for commands: nothing is stored and no database is needed."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from inventory.connectors.base import Kind, Reader
from inventory.connectors.registry import detect, reader_for
from inventory.jobs.documents import Document, DocumentError
from inventory.jobs.services.reading import Reading, read_document


@contextmanager
def reading_of(path: Path, *, slug: str = "", kinds: Collection[Kind] = ()) -> Iterator[tuple[type[Reader], Reading]]:
    """Give the reader of a file, the named one or the one whose format it has, and the reading.

    Raises DocumentError for a file that cannot be read, LookupError for a name that no reader has.
    """
    chosen = reader_for(slug) if slug else None
    try:
        with path.open("rb") as file:
            document = Document(cast("BinaryIO", file), path.name)
            try:
                reader = chosen or detect(document.head(), path.name, *kinds)
            except DocumentError as error:
                raise DocumentError(error.place, error.reason, path.name) from error
            yield (
                reader,
                read_document(
                    reader=reader.__module__,
                    file=file,
                    name=path.name,
                    records=reader.records,
                    summary=reader.summary,
                ),
            )
    except OSError as error:
        raise DocumentError(reason=f"The file cannot be read: {error.strerror}.", file=str(path)) from error
