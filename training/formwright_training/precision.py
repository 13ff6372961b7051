"""Which number format this machine trains in, found at run time: CPU features differ between machines of one size."""

import os
import platform
from dataclasses import dataclass
from typing import Literal

import torch


class PrecisionRefused(Exception):
    """The hyperparameters ask for a precision that this machine does not have."""


@dataclass(frozen=True)
class Precision:
    """`dtype` holds the frozen weights; LoRA weights and their optimizer stay in float32."""

    device: Literal["cpu", "cuda"]
    dtype: torch.dtype
    quantized: bool = False

    def describe(self) -> str:
        """Such as `cpu float32`."""
        return f"{self.device} {'4-bit' if self.quantized else str(self.dtype).removeprefix('torch.')}"


def choose_precision(wanted: str) -> Precision:
    """`auto` takes bfloat16 where the hardware multiplies it, float32 elsewhere; `qlora` needs a GPU."""
    if torch.cuda.is_available():
        if wanted == "float32" or (wanted == "auto" and not torch.cuda.is_bf16_supported()):
            return Precision("cuda", torch.float32)
        return Precision("cuda", torch.bfloat16, quantized=wanted == "qlora")
    if wanted == "qlora":
        raise PrecisionRefused("precision qlora needs an NVIDIA GPU, and this machine shows none: use auto.")
    fast = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    bfloat16 = wanted == "bfloat16" or (wanted == "auto" and fast)
    return Precision("cpu", torch.bfloat16 if bfloat16 else torch.float32)


def use_all_cores() -> int:
    """Sets torch to the cores that this process may use, and gives back their number."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    torch.set_num_threads(cores)
    return cores


def describe_machine(precision: Precision) -> str:
    """Such as `x86_64, 2 cores, AVX512, cpu float32`."""
    if precision.device == "cuda":
        return f"{torch.cuda.get_device_name()}, {precision.describe()}"
    capability = torch.backends.cpu.get_cpu_capability()
    return f"{platform.machine()}, {torch.get_num_threads()} cores, {capability}, {precision.describe()}"
