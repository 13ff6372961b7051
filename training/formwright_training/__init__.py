"""LoRA training of the field extractor: the trainer and what runs on a training instance."""
