"""The predictions as a markdown table, and as the figures that quotes are made with."""

from .architectures import ARCHITECTURES
from .predict import CARDS, Base, Prediction, base_of, predict

COLUMNS = [
    "preset", "parameters", "trained", "GFLOP a token", "memory bfloat16", "memory QLoRA", "instance", "fits",
    "tokens/s", "hours", "spot dollars",
]  # fmt: skip
TYPESCRIPT = """/**
 * Tokens a second of the larger bases, at the pessimistic end of docs/larger-bases.md: computed from their true
 * dimensions, never measured. Made by `python -m formwright_training.dry_run --typescript`, and held to it by a test.
 */
export const COMPUTED_TOKENS_PER_SECOND: Record<string, Record<string, number>> = {"""
HEAD = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"


def _span(pair: tuple[float, float], digits: int) -> str:
    low, high = sorted(pair)
    return f"{low:,.{digits}f}–{high:,.{digits}f}"


def _row(preset: str, quantized: bool, base: Base, one: Prediction) -> str:
    way = " (QLoRA)" if quantized else ""
    cells = [
        f"`{preset}`{way}", f"{base.parameters / 1e9:.2f} B", f"{base.trained / 1e6:.1f} M",
        f"{base.flops_per_token / 1e9:.1f}", f"{base.bytes_bfloat16 / 2**30:.1f} GiB",
        f"{base.bytes_qlora / 2**30:.1f} GiB", f"{one.instance} ({one.card})", "yes" if one.fits else "no",
        _span(one.tokens_per_second, 0), _span(one.hours, 2), _span(one.dollars, 2),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def table(tokens: int, prices: dict[str, float]) -> str:
    """One line for each base and card."""
    rows = []
    for architecture in ARCHITECTURES:
        base = base_of(architecture)
        for one in predict(architecture, base, tokens, prices):
            rows.append(_row(architecture.preset, architecture.quantized, base, one))
    return "\n".join([HEAD, *rows])


def typescript() -> str:
    """contracts/larger-bases.ts: tokens a second at the pessimistic end, by base and instance type."""
    lines = []
    for architecture in ARCHITECTURES:
        found = predict(architecture, base_of(architecture), 1, dict.fromkeys(CARDS, 0.0))
        speeds = ", ".join(f"'{one.instance}': {min(one.tokens_per_second):.0f}" for one in found)
        lines.append(f"  '{architecture.name}': {{ {speeds} }},")
    return "\n".join([TYPESCRIPT, *lines, "}", ""])
