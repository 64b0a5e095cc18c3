"""Writes trained models in formats that other programs run. Each format needs the extra `catgan[export]`."""
