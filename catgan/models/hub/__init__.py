"""Exchanges models with the Hugging Face Hub. It needs the extra `catgan[hub]`."""
