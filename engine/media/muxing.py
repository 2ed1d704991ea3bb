"""Output files of the media library, complete or not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import av
from av.container import Flags

from engine.atomic import replacing
from engine.errors import StorageFailed
from engine.media.embed import DOCUMENT_KEY


@contextmanager
def muxed(
    path: Path, muxer: str, *, options: dict[str, str] | None = None, document: str = ""
) -> Iterator[av.OutputContainer]:
    """Give a container to fill; it is finished and takes the name `path` unless the body raises.

    Raises StorageFailed at once if the place cannot be written, later if the disk is full.
    """
    with replacing(path) as partial:
        partial.touch()
        container = av.open(str(partial), "w", format=muxer, container_options=options or {})
        # The same frames give the same file: no random identifiers, no dates.
        container.flags |= Flags.bitexact.value
        if document:
            container.metadata[DOCUMENT_KEY] = document
        try:
            yield container
            container.close()
        except BaseException as error:
            # Without its file the container cannot spend time on an index nobody will read.
            partial.unlink(missing_ok=True)
            with suppress(av.FFmpegError):
                container.close()
            if isinstance(error, av.FFmpegError) and not isinstance(error, OSError):
                raise StorageFailed(
                    f"'{path}' could not be encoded: {error.strerror}.",
                    remedy="Choose other settings, or turn hardware encoding off.",
                ) from error
            raise
