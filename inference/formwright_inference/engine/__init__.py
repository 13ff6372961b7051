"""The engine: batched, grammar-bound generation for one base model and the adapters merged into it."""

from .engine import Engine, EngineBusy, GenerationFailed, ModelMissing
from .request import Completion, GenerationRequest, RequestRefused

__all__ = [
    "Completion",
    "Engine",
    "EngineBusy",
    "GenerationFailed",
    "GenerationRequest",
    "ModelMissing",
    "RequestRefused",
]
