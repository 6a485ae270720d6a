"""Where exporters stand: small files in the data folder, so that they survive whatever happens to engine and exporters."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec

from kiang.errors import StoreError

FOLDER = "exporters"
PAUSED = "paused"
_SUFFIX = ".position"


class Standing(msgspec.Struct, frozen=True):
    """What one file says.

    Attributes:
        target: Where the exporter writes.
        position: The last commit whose records are there.
    """

    target: str
    position: int


_decode = msgspec.json.Decoder(Standing).decode


class PositionFile:
    """The position of one exporter.

    Args:
        data: The data folder of the engine.
        target: Where the exporter writes; another target is another exporter.
    """

    def __init__(self, data: Path, target: str) -> None:
        digest = hashlib.sha256(target.encode()).hexdigest()[:12]
        self.target = target
        self.path = data / FOLDER / f"{target.partition(':')[0]}-{digest}{_SUFFIX}"

    def read(self) -> int:
        """The last commit that is exported; 0 before the first.

        Raises:
            StoreError: The file is damaged.
        """
        try:
            return _decode(self.path.read_bytes()).position
        except FileNotFoundError:
            return 0
        except msgspec.DecodeError as error:
            raise StoreError(
                f"Expected {self.path} to hold the position of an exporter, but it is damaged. Delete it to export again from the"
                " beginning of the record log."
            ) from error

    def write(self, position: int) -> None:
        """Remember a position, durably."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        with new.open("wb") as file:
            file.write(msgspec.json.encode(Standing(self.target, position)))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)


class Exporting:
    """All exporters of a data folder, seen from the engine.

    Args:
        data: The data folder.
        targets: Where they write.
    """

    def __init__(self, data: Path, targets: tuple[str, ...]) -> None:
        self.targets = targets
        self._positions = [PositionFile(data, target) for target in targets]
        self._paused = data / FOLDER / PAUSED

    @property
    def is_paused(self) -> bool:
        """Whether they rest."""
        return self._paused.exists()

    def pause(self) -> None:
        """Have them rest, also after a restart of the engine, until `resume`; the record log waits for them."""
        self._paused.parent.mkdir(parents=True, exist_ok=True)
        self._paused.touch()

    def resume(self) -> None:
        """Have them go on."""
        self._paused.unlink(missing_ok=True)

    def positions(self) -> dict[str, int]:
        """The last exported commit by target."""
        return {file.target: file.read() for file in self._positions}

    def exported_position(self) -> int | None:
        """Up to where all of them have come; None if there are none."""
        return min(self.positions().values(), default=None)
