"""Which files of a distribution's `*.dist-info` state its licence: they go wherever its code goes."""

from pathlib import PurePath

NAMES = ("LICENSE", "LICENCE", "NOTICE", "COPYING", "AUTHORS")


def is_licence(file: PurePath) -> bool:
    """Of a path that begins with the distribution's record."""
    top, *rest = file.parts
    if not top.endswith(".dist-info"):
        return False
    return "licenses" in rest[:-1] or file.name.upper().startswith(NAMES)
