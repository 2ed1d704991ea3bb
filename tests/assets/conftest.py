"""The tiny model and the runner that the tests of the node library use."""

from tests.nodes.conftest import (  # noqa: F401 - fixtures
    make_runner,
    own_identity,
    residency,
    weights,
)
