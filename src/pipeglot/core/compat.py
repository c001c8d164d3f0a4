"""What `typing` has in newer Pythons only: from `typing_extensions` where it has to be, whose import takes 10 ms."""

import sys

if sys.version_info >= (3, 11):
    from typing import assert_never, dataclass_transform
else:
    from typing_extensions import assert_never, dataclass_transform

__all__ = ["assert_never", "dataclass_transform"]
