"""The key of the records: 256 random bits in a file that only its owner may read, or in the environment.

Whoever destroys the key has deleted all records (`care.md`: deletion by destroying the key).
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from robot.errors import RecordsError

VARIABLE = "BEDSIDE_RECORDS_KEY"
_BYTES = 32


def read_key(folder: Path) -> bytes:
    """The key for `folder`, 32 bytes: from the environment, else from `records.key` in it, which is made when missing.

    Raises RecordsError: `records_unwritable` (the folder cannot be made), `records_unreadable` (not a key).
    """
    given = os.environ.get(VARIABLE)
    if given is not None:
        return _parsed(given, f"${VARIABLE}")
    path = folder / "records.key"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            if (folder / "drafts.db").exists():
                raise RecordsError("records_unreadable", f"{path} is gone.", "Without the key nobody can read them.")
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(_BYTES))
        return _parsed(path.read_text(encoding="ascii"), str(path))
    except FileExistsError:  # another process was quicker, or a file stands where the folder should be
        if not path.is_file():
            raise RecordsError("records_unwritable", f"{folder} is no folder.", "Choose another one.") from None
        return _parsed(path.read_text(encoding="ascii"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise RecordsError("records_unwritable", f"{folder}: {error}.", "Choose another folder.") from None


def _parsed(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        raise RecordsError("records_unreadable", f"{where} holds no key.", f"A key is {2 * _BYTES} hexadecimal digits.")
    return key
