"""What stands at a path that a person named."""

from pathlib import Path


def why_no_file(path: Path) -> str:
    """Returns why a path leads to no regular file."""
    if path.is_dir():
        return f"{path} is a folder"
    if path.exists():
        return f"{path} is neither a file nor a folder, but a pipe or a device"
    if path.is_symlink():
        return f"{path} is a link to a file that does not exist"
    return f"there is no file {path}"
