"""An assertion that fails in a module that helps tests says what it met, as it does in a test."""

import pkgutil

import pytest

pytest.register_assert_rewrite(*(f"{__name__}.{each.name}" for each in pkgutil.iter_modules(__path__)))
