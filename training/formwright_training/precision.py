"""Which number format this machine trains in, found at run time: CPU features differ between machines of one size."""

import ctypes
import os
import platform
import sys
from dataclasses import dataclass
from typing import Literal

import torch

from .refused import Refused


class PrecisionRefused(Refused):
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


def keep_memory() -> None:
    """Lets glibc keep what is freed for the next tensor instead of handing it back to the kernel.

    A training step frees and takes the same gigabytes again; faulting those pages in cost a third of its time.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    # From malloc.h: M_MMAP_MAX, M_TRIM_THRESHOLD, and M_ARENA_MAX, since a thread's own arena takes nothing large.
    mallopt(-4, 0)
    mallopt(-1, -1)
    mallopt(-8, 1)


def count_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe_machine(precision: Precision) -> str:
    """Such as `x86_64, 2 cores, AVX512, cpu float32`."""
    if precision.device == "cuda":
        return f"{torch.cuda.get_device_name()}, {precision.describe()}"
    capability = torch.backends.cpu.get_cpu_capability()
    return f"{platform.machine()}, {count_cores()} cores, {capability}, {precision.describe()}"
