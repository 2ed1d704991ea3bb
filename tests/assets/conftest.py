"""The tiny models, and the runner that the tests of the node library use."""

from tests.engine.models.conftest import tiny_model  # noqa: F401 - a fixture
from tests.nodes.conftest import (  # noqa: F401 - fixtures
    make_runner,
    own_identity,
    residency,
    weights,
)
