"""Type of tensors of the Keras backend in use."""

from typing import Any, TypeAlias

Tensor: TypeAlias = Any
"""A tensor of TensorFlow, JAX or PyTorch. The backends share no type."""
