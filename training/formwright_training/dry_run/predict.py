"""Hours, dollars and memory of the larger bases on GPU instances. Computed, never measured: no GPU was at hand."""

from dataclasses import dataclass

from .architectures import Architecture
from .measure import count

# A pack as our windows make them: four of 256 tokens.
LENGTHS = [256] * 4
# Half-precision tensor peak without sparsity, as NVIDIA and AWS state it, and the card's memory.
CARDS = {"g6.xlarge": ("L4", 121e12, 24), "g5.xlarge": ("A10G", 70e12, 24), "g6e.xlarge": ("L40S", 362e12, 48)}
# Share of the peak that LoRA fine-tuning reaches with short packs: the pessimistic and the hopeful end.
USED = (0.2, 0.4)
# NF4 holds a weight in half a byte and a scale of a float32 for 64; dequantizing before each product costs time.
NF4_BYTES, NF4_SLOWER = 0.5 + 4 / 64, 1.3
# LoRA weight, its gradient and two moments of AdamW, in float32.
TRAINED_BYTES = 16
# CUDA's context, the allocator's fragments, and logits of one chunk of the loss.
RESERVE_BYTES = 2 << 30


@dataclass(frozen=True)
class Base:
    """What an architecture asks of any card."""

    parameters: int
    trained: int
    flops_per_token: float
    bytes_bfloat16: float
    bytes_qlora: float


@dataclass(frozen=True)
class Prediction:
    """Of one pass over the tokens."""

    instance: str
    card: str
    fits: bool
    tokens_per_second: tuple[float, float]
    hours: tuple[float, float]
    dollars: tuple[float, float]


def base_of(architecture: Architecture) -> Base:
    """Counted with one and with two layers; the rest is the same layer again."""
    one, two = (count(architecture.config(layers), architecture.rank, LENGTHS) for layers in (1, 2))

    def whole(first: int, second: int) -> int:
        return first + (architecture.layers - 1) * (second - first)

    frozen, trained = whole(one.frozen, two.frozen), whole(one.trained, two.trained)
    kept = whole(one.saved_bytes, two.saved_bytes) + trained * TRAINED_BYTES + RESERVE_BYTES
    # Embeddings and norms stay in bfloat16 under QLoRA; only the layers' products are in four bits.
    layers = (architecture.layers) * (two.frozen - one.frozen)
    return Base(
        frozen, trained, whole(one.flops, two.flops) / sum(LENGTHS), frozen * 2 + kept,
        layers * NF4_BYTES + (frozen - layers) * 2 + kept,
    )  # fmt: skip


def predict(architecture: Architecture, base: Base, tokens: int, prices: dict[str, float]) -> list[Prediction]:
    """On each card, at a spot price in dollars an hour."""
    slower = NF4_SLOWER if architecture.quantized else 1.0
    needed = base.bytes_qlora if architecture.quantized else base.bytes_bfloat16
    found = []
    for instance, (card, peak, gibibytes) in CARDS.items():
        slow, fast = (peak * used / base.flops_per_token / slower for used in USED)
        hours = tokens / slow / 3600, tokens / fast / 3600
        dollars = hours[0] * prices[instance], hours[1] * prices[instance]
        found.append(Prediction(instance, card, needed < gibibytes * 2**30, (slow, fast), hours, dollars))
    return found
