"""Addresses as they are called."""

from __future__ import annotations

import pytest

from cluster_agent.addresses import beside


@pytest.mark.parametrize("anywhere", ["*", "0.0.0.0", "[::]"])
def test_a_service_that_listens_everywhere_is_where_the_other_was_found(anywhere: str) -> None:
    assert beside(f"tcp://{anywhere}:7712", "tcp://gpu1:7711") == "tcp://gpu1:7712"
    assert beside(f"tcp://{anywhere}:7712", "tcp://[fe80::1]:7711") == "tcp://[fe80::1]:7712"


def test_a_service_with_a_name_keeps_it() -> None:
    assert beside("tcp://store:7712", "tcp://gpu1:7711") == "tcp://store:7712"
    assert beside("", "tcp://gpu1:7711") == ""
