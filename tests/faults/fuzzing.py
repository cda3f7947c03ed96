"""One reader under atheris, which changes bytes guided by the branches they reach.

`python -m tests.faults.fuzzing sarif --seconds 3600 --corpus FOLDER` begins with the samples beside the reader's tests
and what the folder holds, keeps there what reached a new branch, and ends at the first input that the reader neither
reads nor refuses with a DocumentError; that input is left in the folder as `crash-…`. Without a folder nothing is kept.
"""

import argparse
import io
import shutil
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["inventory", "findings", "incidents"], enable_loader_override=False):
    from inventory.connectors.base import Reader
    from inventory.connectors.registry import reader_for, readers
    from inventory.jobs.documents import Caps, Document, DocumentError
    from tests.inventory.connectors.reading import samples_of

LARGEST = 1 << 16
SECONDS_OF_ONE = 20
MEGABYTES = 1024


def read_or_refuse(reader: type[Reader], data: bytes) -> None:
    """Read bytes as the child does, to the end."""
    document = Document(io.BytesIO(data), "fuzzed", Caps(plain_bytes=8 << 20))
    try:
        document.head()
        for record in reader().read(document, {}):
            assert record is not None
    except (DocumentError, RecursionError):
        return


def main() -> None:
    """Fuzz the reader that the first argument names."""
    parser = argparse.ArgumentParser(description="Fuzz one reader.")
    parser.add_argument("reader", choices=[reader.slug for reader in readers()])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path)
    asked = parser.parse_args()
    reader = reader_for(asked.reader)
    with tempfile.TemporaryDirectory() as folder:
        corpus = asked.corpus or Path(folder)
        corpus.mkdir(parents=True, exist_ok=True)
        for sample in samples_of(reader):
            shutil.copy(sample, corpus / f"sample-{sample.name}")
        options = [
            f"-max_total_time={asked.seconds}", f"-max_len={LARGEST}", f"-timeout={SECONDS_OF_ONE}",
            f"-rss_limit_mb={MEGABYTES}", "-print_final_stats=1", f"-artifact_prefix={corpus}/", "-verbosity=1",
        ]  # fmt: skip
        atheris.Setup([sys.argv[0], *options, str(corpus)], lambda data: read_or_refuse(reader, data))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
