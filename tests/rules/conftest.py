from __future__ import annotations

import pytest

from landinv.rules.ruleset import Ruleset, load_ruleset


@pytest.fixture(scope="session")
def ruleset() -> Ruleset:
    return load_ruleset("cn-2012-53")
