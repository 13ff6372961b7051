"""A small random model and data of the real kinds, for tests that must be quick."""

import json
import random
from pathlib import Path

from formwright_contracts.models import Hyperparameters

from .digests import canonical_json, file_entries

WORDS = "name date city wages total line phone signature account county license owner member amount".split()


def write_tiny_base(folder: Path, layers: int = 3) -> Path:
    """A random Llama of 32 hidden units with a tokenizer trained on a few words; gives back the folder."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<unk>", "<|im_start|>", "<|im_end|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([" ".join(WORDS)], trainer)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|im_end|>").save_pretrained(
        folder
    )
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=32, intermediate_size=64, num_hidden_layers=layers,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512, tie_word_embeddings=True,
    )  # fmt: skip
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(folder)
    (folder / "manifest.json").write_bytes(canonical_json({"files": file_entries(folder)}))
    return folder


def write_tiny_dataset(folder: Path, examples: int = 24) -> Path:
    """train.jsonl of windows with made-up captions and the manifest beside it; gives back the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(0)
    lines = []
    for number in range(examples):
        names = chance.sample(WORDS, chance.randint(1, 5))
        markers = "\n".join(f"{i} text | left: {name}" for i, name in enumerate(names, start=1))
        answer = "\n".join(f"{i} {name.title()};text" for i, name in enumerate(names, start=1))
        lines.append(
            json.dumps(
                {
                    "id": f"w{number}",
                    "family": f"f{number % 4}",
                    "prompt": f"<|im_start|>user\n{markers}<|im_end|>\n<|im_start|>assistant\n",
                    "answer": f"{answer}<|im_end|>",
                }
            )
        )
    (folder / "train.jsonl").write_text("\n".join(lines) + "\n")
    counts = {"promptVersion": "windows-v2", "pairs": 4, "families": 4, "windows": examples, "evalPairs": 0}
    (folder / "manifest.json").write_bytes(canonical_json({**counts, "files": file_entries(folder)}))
    return folder


def tiny_hyperparameters(**changes: object) -> Hyperparameters:
    """Six steps or so on the tiny dataset, LoRA on two layers."""
    values = {
        "rank": 4, "alpha": 8, "dropout": 0, "layers": 2, "targetModules": ["q_proj", "v_proj", "up_proj", "down_proj"],
        "learningRate": 0.01, "warmupShare": 0.1, "weightDecay": 0.01, "epochs": 1.5, "tokensPerStep": 700,
        "maxSequenceTokens": 400, "seed": 7, "precision": "float32",
    }  # fmt: skip
    return Hyperparameters(**(values | changes))
