"""What travels on a link.  Importing this package loads neither torch nor a media library."""

from engine.values.artifact import Artifact, Report
from engine.values.audio import Audio
from engine.values.clip import Clip
from engine.values.conditioning import Conditioning, FrameCondition
from engine.values.image import Image
from engine.values.latent import Latent
from engine.values.model import Adapter, Recommended, Speed, SwappedPart, VideoModel
from engine.values.origin import Origin

__all__ = [
    "Adapter",
    "Artifact",
    "Audio",
    "Clip",
    "Conditioning",
    "FrameCondition",
    "Image",
    "Latent",
    "Origin",
    "Recommended",
    "Report",
    "Speed",
    "SwappedPart",
    "VideoModel",
]
