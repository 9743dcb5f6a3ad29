"""Work in a process of its own, and without Ray in this one."""

from __future__ import annotations

import pytest

from actors.apart import apart


def test_without_ray_the_function_is_called_here() -> None:
    """Its answer and its errors are its own."""
    assert apart(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        apart(divmod, 7, 0)
