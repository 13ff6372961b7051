"""Parts of a Llama layer with LoRA, whose backward passes compute what LoRA needs and nothing else.

The frozen weights come merged with LoRA's product, W + s·BA, so that a forward pass costs one matrix product; gradients
of A and B follow from the same inputs as if they were apart. Shapes: activations are [tokens, features].
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch.autograd import Function

Tensor = torch.Tensor


@dataclass
class LoraPart:
    """LoRA of the rows `start:stop` of a stacked weight: `a` [rank, in], `b` [out, rank]."""

    start: int
    stop: int
    a: Tensor
    b: Tensor
    scale: float


class Projection:
    """Frozen weights with the same input, stacked to one [out, in] matrix, and the LoRA parts of some of them."""

    def __init__(self, base: Tensor, parts: list[LoraPart]) -> None:
        self.base, self.parts = base, parts
        self.merged = base.clone() if parts else base

    def refresh(self) -> None:
        """Merges LoRA's present weights anew."""
        if self.parts:
            self.merged.copy_(self.base)
            for part in self.parts:
                self.merged[part.start : part.stop].addmm_(part.b.detach(), part.a.detach(), alpha=part.scale)

    def parameters(self) -> list[Tensor]:
        """A and B of each part, in the order of `gradients`."""
        return [weight for part in self.parts for weight in (part.a, part.b)]

    def gradients(self, x: Tensor, dy: Tensor) -> list[Tensor]:
        """Gradients of `parameters` from the projection's input and its output's gradient."""
        if not self.parts:
            return []
        ranks = [len(part.a) for part in self.parts]
        down = (x @ torch.cat([part.a for part in self.parts]).T).split(ranks, dim=1)
        slices = [dy[:, part.start : part.stop] for part in self.parts]
        up = torch.cat([rows @ part.b for rows, part in zip(slices, self.parts, strict=True)], dim=1)
        of_a = (up.T @ x).split(ranks)
        gradients = []
        for part, rows, low, da in zip(self.parts, slices, down, of_a, strict=True):
            gradients += [da * part.scale, (rows.T @ low) * part.scale]
        return gradients


def _normed(x: Tensor, weight: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    inverse = torch.linalg.vector_norm(x, dim=1, keepdim=True).square_().div_(x.shape[1]).add_(eps).rsqrt_()
    return (x * inverse).mul_(weight), inverse


def _norm_backward(dy: Tensor, x: Tensor, weight: Tensor, inverse: Tensor) -> Tensor:
    dy = dy * weight
    shared = (dy * x).mean(dim=1, keepdim=True).mul_(inverse.square())
    return dy.addcmul_(x, shared, value=-1).mul_(inverse)


def _rotate(heads: Tensor, cos: Tensor, sin: Tensor) -> None:
    """Rotates [tokens, heads, head size] in place; cos and sin are [tokens, 1, half a head]."""
    first, second = heads.chunk(2, dim=-1)
    turned = first * sin
    first.mul_(cos).addcmul_(second, sin, value=-1)
    second.mul_(cos).add_(turned)


class NormedHeads(Function):
    """RMS norm, then queries, keys and values with rotary positions: [tokens, hidden] → [tokens, heads, head size].

    Keys' heads follow the queries', values' the keys'; the first `rotated` heads are turned.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, norm: Tensor, eps: float, projection: Projection, turn: Any, *_: Tensor) -> Tensor:
        cos, sin, rotated, head_size = turn
        hidden, inverse = _normed(x, norm, eps)
        heads = (hidden @ projection.merged.T).unflatten(1, (-1, head_size))
        _rotate(heads[:, :rotated], cos, sin)
        ctx.save_for_backward(x, norm, inverse)
        ctx.projection, ctx.turn = projection, turn
        return heads

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple:
        x, norm, inverse = ctx.saved_tensors
        cos, sin, rotated, _ = ctx.turn
        dy = dy.clone()
        _rotate(dy[:, :rotated], cos, -sin)
        dy = dy.flatten(1)
        gradients = ctx.projection.gradients((x * inverse).mul_(norm), dy)
        dx = _norm_backward(dy @ ctx.projection.merged, x, norm, inverse) if ctx.needs_input_grad[0] else None
        return dx, None, None, None, None, *gradients


class ShortAttention(Function):
    """Causal attention of one short example: [tokens, heads, head size] → [tokens, queries' features].

    Query heads that share a key head are one product. A third faster than the blocked kernel up to LONGEST tokens.
    """

    LONGEST = 256
    _FUTURE = torch.full((LONGEST, LONGEST), float("-inf")).triu_(1)

    @staticmethod
    def forward(ctx: Any, heads: Tensor, counts: list[int], scale: float) -> Tensor:
        length, _, size = heads.shape
        groups = counts[1], -1, size
        query, key, value = (t.transpose(0, 1).contiguous() for t in heads.split(counts, dim=1))
        query = (query * scale).view(groups)
        scores = (query @ key.transpose(1, 2)).view(-1, length, length)
        shares = scores.add_(ShortAttention._FUTURE[:length, :length]).softmax(dim=-1).view(counts[1], -1, length)
        out = shares @ value
        ctx.save_for_backward(query, key, value, shares, out)
        ctx.counts, ctx.scale = counts, scale
        return out.view(-1, length, size).transpose(0, 1).flatten(1)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple:
        query, key, value, shares, out = ctx.saved_tensors
        length, size = key.shape[1:]
        dout = dy.view(length, -1, size).transpose(0, 1).reshape(out.shape)
        dvalue = shares.transpose(1, 2) @ dout
        dscores = dout @ value.transpose(1, 2)
        dscores.sub_((dout * out).sum(-1, keepdim=True)).mul_(shares)
        dquery = (dscores @ key).mul_(ctx.scale).view(-1, length, size)
        dkey = dscores.transpose(1, 2) @ query
        return torch.cat([dquery, dkey, dvalue]).transpose(0, 1), None, None


class ProjectAndAdd(Function):
    """residual + x Wᵀ."""

    @staticmethod
    def forward(ctx: Any, residual: Tensor, x: Tensor, projection: Projection, *_: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        ctx.projection = projection
        return torch.addmm(residual, x, projection.merged.T)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple:
        (x,) = ctx.saved_tensors
        return dy, dy @ ctx.projection.merged, None, *ctx.projection.gradients(x, dy)


class NormedMlp(Function):
    """x + down(silu(gate) · up) of the normed x. Keeps gate and up only; the rest is cheap to compute again."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, norm: Tensor, eps: float, into: Projection, down: Projection, *_: Tensor
    ) -> Tensor:
        hidden, inverse = _normed(x, norm, eps)
        both = hidden @ into.merged.T
        gate, up = both.chunk(2, dim=1)
        ctx.save_for_backward(x, norm, inverse, both)
        ctx.into, ctx.down = into, down
        return torch.addmm(x, torch.nn.functional.silu(gate).mul_(up), down.merged.T)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple:
        x, norm, inverse, both = ctx.saved_tensors
        gate, up = both.chunk(2, dim=1)
        silu = torch.nn.functional.silu(gate)
        of_down = ctx.down.gradients(silu * up, dy)
        inner = dy @ ctx.down.merged
        dboth = torch.empty_like(both)
        dgate, dup = dboth.chunk(2, dim=1)
        torch.mul(inner, silu, out=dup)
        torch.ops.aten.silu_backward.grad_input(inner.mul_(up), gate, grad_input=dgate)
        of_into = ctx.into.gradients((x * inverse).mul_(norm), dboth)
        dx = _norm_backward(dboth @ ctx.into.merged, x, norm, inverse).add_(dy)
        return dx, None, None, None, None, *of_into, *of_down


class FrozenHeadLoss(Function):
    """Summed cross entropy of states [n, hidden] under a frozen output head [vocabulary, hidden].

    The states' gradient is computed with the loss, so that no logits are kept.
    """

    @staticmethod
    def forward(ctx: Any, states: Tensor, head: Tensor, targets: Tensor, chunk: int) -> Tensor:
        total, gradients = states.new_zeros(()), []
        for some, of in zip(states.split(chunk), targets.split(chunk), strict=True):
            logits = some @ head.T
            normaliser = logits.logsumexp(dim=1, keepdim=True)
            total += (normaliser - logits.gather(1, of[:, None])).sum()
            probabilities = logits.sub_(normaliser).exp_()
            probabilities[torch.arange(len(of)), of] -= 1
            gradients.append(probabilities @ head)
        ctx.save_for_backward(torch.cat(gradients))
        return total

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple:
        (gradient,) = ctx.saved_tensors
        return gradient * dy, None, None, None
