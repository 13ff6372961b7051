"""A linear layer of our own for processors with AVX2 and no VNNI, on which OpenVINO's plugin multiplies in float32.

Weights are int8 as in the plugin. Activations become 7 bits with a range for every 32 of a row, so that a row's answer
does not depend on its company. `build` compiles it at set-up; where it is not there, the plugin multiplies.
"""

import hashlib
import logging
import platform
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import openvino as ov
import openvino.opset16 as ops
from openvino.utils.node_factory import NodeFactory

SOURCES = Path(__file__).parent
GROUP, PANEL = 32, 16  # as in linear.hpp
logger = logging.getLogger("formwright.inference")


def library() -> Path:
    """Where the compiled extension of these sources and this OpenVINO is, once `build` made it."""
    digest = hashlib.sha256(ov.__version__.encode())
    for source in sorted(SOURCES.glob("*.?pp")):
        digest.update(source.read_bytes())
    return Path(sys.prefix) / "lib" / "formwright" / f"kernel-{digest.hexdigest()[:12]}.so"


def processor_flags() -> set[str]:
    """What Linux says of an x86 processor; nothing elsewhere."""
    told = Path("/proc/cpuinfo")
    if platform.machine() != "x86_64" or not told.exists():
        return set()
    return set(next((line for line in told.read_text().splitlines() if line.startswith("flags")), "").split())


def serves(flags: set[str]) -> bool:
    """Whether a processor has AVX2 and no VNNI, for which the plugin has faster code of its own."""
    return {"avx2", "fma"} <= flags and not {"avx_vnni", "avx512_vnni"} & flags


class Kernel:
    """The compiled layer as a part of graphs."""

    def __init__(self, core: ov.Core) -> None:
        core.add_extension(library())
        self._nodes = NodeFactory()
        self._nodes.add_extension(library())

    def linear(self, hidden: ov.Node, values: np.ndarray, scales: np.ndarray) -> ov.Node:
        """Hidden [T, in] float32, weight int8 [out, in] with a scale per row [out, 1] → [T, out] float32."""
        arguments = [*pack(values), scales.reshape(-1)]
        constants = [ops.constant(argument, shared_memory=True) for argument in arguments]
        return self._nodes.create("Linear", [hidden, *constants])


def load(core: ov.Core, matrices: Iterable[tuple[int, ...]]) -> Kernel | None:
    """The kernel for weights of these shapes [out, in]; None, and a line in the log, where the plugin multiplies."""
    if not serves(processor_flags()):
        reason = "it has faster code for this processor"
    elif not library().exists():
        reason = "no kernel was compiled at set-up (is there a C++ compiler?)"
    elif not all(outputs % PANEL == 0 and inputs % GROUP == 0 for outputs, inputs in matrices):
        reason = "the base model's matrices are of other sizes than the kernel's"
    else:
        try:
            return Kernel(core)
        except RuntimeError as error:
            reason = f"the compiled kernel does not load: {error}"
    logger.info("matrices are multiplied by OpenVINO: %s", reason)
    return None


def pack(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`values`: int8 [out, in], in the order of linear.hpp; and the sums of its groups."""
    outputs, inputs = values.shape
    panels = values.reshape(outputs // PANEL, PANEL, inputs // 4, 4).transpose(0, 2, 1, 3)
    sums = values.reshape(outputs, inputs // GROUP, GROUP).sum(2, dtype=np.float32).T
    return np.ascontiguousarray(panels).reshape(-1), np.ascontiguousarray(sums)
