"""Serves one base model and LoRA adapters of it over an OpenAI-compatible API."""
