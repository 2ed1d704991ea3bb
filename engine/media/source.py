"""Opening a media file that may be anything, hostile included, within fixed bounds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from engine.errors import InvalidMedia
from engine.media.readable import cannot_read, require_file

# Large enough for any camera, small enough that decoding cannot exhaust the memory: one picture
# of 0.8 GB, or a dozen video frames of 0.2 GB.
MAX_PICTURE_PIXELS = 1 << 28
MAX_VIDEO_PIXELS = 1 << 26

# Only these are tried, out of several hundred: playlists and scripts that name other files or
# addresses are not among them, nor are formats whose parsers nobody exercises.
_DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska,webm",
    *("avi", "flv", "asf", "mpegts", "mpeg", "ogg", "gif", "apng", "yuv4mpegpipe", "ivf"),
    *("wav", "w64", "aiff", "mp3", "flac", "aac", "caf"),
    *("png_pipe", "jpeg_pipe", "webp_pipe", "tiff_pipe", "bmp_pipe", "j2k_pipe", "ppm_pipe"),
    *("pgm_pipe", "pam_pipe", "psd_pipe", "ico", "image2"),
)
_VIDEO_DECODERS = (
    *("h264", "hevc", "libdav1d", "av1", "vp8", "vp9", "mpeg4", "mpeg2video", "mpeg1video"),
    *("mjpeg", "prores", "dnxhd", "ffv1", "theora", "rawvideo", "qtrle", "v210", "utvideo"),
    *("huffyuv", "ffvhuff", "wmv2", "wmv3", "vc1", "msmpeg4", "flv", "h263", "dvvideo"),
    *("gif", "png", "apng", "webp", "tiff", "bmp", "jpeg2000", "ppm", "pgm", "pam", "psd"),
)
_AUDIO_DECODERS = (
    *("aac", "mp3float", "mp3", "mp2float", "flac", "vorbis", "opus", "alac", "ac3", "eac3"),
    *("wmav2", "pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be"),
    *("pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_alaw", "pcm_mulaw"),
)
_OPTIONS = {
    "format_whitelist": ",".join(_DEMUXERS),
    "protocol_whitelist": "file",
    "pattern_type": "none",  # a name is a name, whatever percent signs are in it
}


def decoder_options(max_pixels: int = MAX_PICTURE_PIXELS) -> dict[str, str]:
    """Options for a decoder of any kind: only those listed, and no frame above this size."""
    return {
        "codec_whitelist": ",".join(_VIDEO_DECODERS + _AUDIO_DECODERS),
        "max_pixels": str(max_pixels),
    }


@contextmanager
def opened(path: Path, max_pixels: int = MAX_PICTURE_PIXELS) -> Iterator[av.InputContainer]:
    """Open a media file for reading; whatever goes wrong inside becomes one InvalidMedia."""
    require_file(path)
    options = _OPTIONS | decoder_options(max_pixels)
    try:
        # An absolute path, so that no name is taken for a protocol.
        with av.open(str(path.absolute()), options=options, metadata_errors="replace") as file:
            yield file
    except (av.FFmpegError, OSError) as error:
        raise _translated(error, path) from error


def _translated(error: Exception, path: Path) -> InvalidMedia:
    if isinstance(error, PermissionError):
        return cannot_read(path, "may not be read", remedy="Change its permissions.")
    return cannot_read(
        path,
        "is damaged or of an unknown kind",
        remedy="Use a common picture, video or sound format, or export it again.",
    )


def undecodable(path: Path, max_pixels: int) -> InvalidMedia:
    """The error for a file without a frame that can be decoded within the bounds."""
    return cannot_read(
        path,
        "has no frame that can be decoded: it is damaged, or larger than "
        f"{max_pixels // 1_000_000} megapixels",
        remedy="Export it again, or make it smaller.",
    )
