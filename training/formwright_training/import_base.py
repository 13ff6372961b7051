"""Takes a larger base model, downloaded by its owner, as a base folder with a manifest.

python -m formwright_training.import_base DOWNLOADED .formwright/base/Mistral-7B-Instruct-v0.3 [--pin]

Its files must have the sha256 that training/bases.json pins. The first import, with --pin, writes them there.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from .digests import canonical_json, file_entries, sha256_bytes, sha256_file, write_atomic
from .refused import Refused

PINS = Path(__file__).parents[1] / "bases.json"
# What transformers needs. Pickled weights (*.bin, *.pt, *.pth) are left where they are.
PATTERNS = ("config.json", "generation_config.json", "model*.safetensors", "model.safetensors.index.json",
            "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json")  # fmt: skip


class ImportRefused(Refused):
    """The folder is not the base that is pinned, or not one at all."""


def files_of(folder: Path) -> list[Path]:
    """The files that are taken; raises ImportRefused where there is no config or no safetensors."""
    found = sorted({path for pattern in PATTERNS for path in folder.glob(pattern)})
    names = {path.name for path in found}
    if "config.json" not in names or not any(path.suffix == ".safetensors" for path in found):
        raise ImportRefused(f"{folder} holds no config.json with model*.safetensors: download the repository again.")
    return found


def check(name: str, found: dict[str, str], pins: Path, pin: bool) -> None:
    """Compares with the pinned digests, or pins them. Raises ImportRefused."""
    known = json.loads(pins.read_text())
    if name not in known:
        raise ImportRefused(f"{name} is in no preset: expected one of {', '.join(known)}.")
    pinned = known[name]["files"]
    if pinned is None:
        if not pin:
            raise ImportRefused(f"{name} is not pinned yet. Compare the files with the model's page, then add --pin.")
        known[name]["files"] = found
        write_atomic(pins, (json.dumps(known, indent=2) + "\n").encode())
    elif pinned != found:
        different = sorted(path for path in pinned.keys() | found.keys() if pinned.get(path) != found.get(path))
        raise ImportRefused(f"{name}: {', '.join(different)} differ from what is pinned. Nothing was written.")


def import_base(source: Path, out: Path, pins: Path = PINS, pin: bool = False) -> str:
    """Copies the base into `out`, whole or not at all, and gives back its digest."""
    files = files_of(source)
    check(out.name, {path.name: sha256_file(path) for path in files}, pins, pin)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as work:
        folder = Path(work) / "base"
        folder.mkdir()
        for path in files:
            shutil.copyfile(path, folder / path.name)
        manifest = canonical_json({"files": file_entries(folder)})
        write_atomic(folder / "manifest.json", manifest)
        if out.exists():
            out.rename(Path(work) / "replaced")
        folder.rename(out)
    return sha256_bytes(manifest)


def main(arguments: list[str] | None = None) -> int:
    """Command line; 0 when the base is in place, 1 when it was refused."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="the downloaded repository")
    parser.add_argument("out", type=Path, help="folder to write, named like the base of the preset")
    parser.add_argument("--pin", action="store_true", help="pin the digests of a first import")
    options = parser.parse_args(arguments)
    try:
        print(f"{options.out} {import_base(options.source, options.out, pin=options.pin)}")
    except ImportRefused as error:
        print(f"import_base: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
