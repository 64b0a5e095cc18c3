"""Calls Keras callbacks during a training: their logs, their model, and the changes that they may make.

An epoch is a tick, counted from 0. A callback is a Keras callback, or an object with some of its methods.
"""

from __future__ import annotations

import contextlib
import importlib.util
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import SupportsFloat

import keras

from catgan.errors import CatganError
from catgan.models.gan.model import CatGAN

_BATCH = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")
_HOOKS = ("set_model", "set_params", "on_train_begin", "on_train_end", "on_epoch_begin", "on_epoch_end", *_BATCH)
_NOT_LOSSES = {"gap", "sign_rate", "recognised", "r1", "r2", "bias"}
_NOT_OURS = {
    keras.callbacks.BackupAndRestore: "An unfinished training goes on from its own checkpoints: train again with the "
                                      "same arguments.",
    keras.callbacks.SwapEMAWeights: "The averaged weights are those that are saved and measured."}


class SharedOptimizer:
    """Stands for the optimisers of all trained networks: one learning rate, and the number of steps."""

    name = "shared"

    def __init__(self) -> None:
        self.iterations = 0
        self._rate = keras.Variable(0.0, dtype="float32", trainable=False, name="learning_rate")
        self._scheduled, self._shown = 0.0, 0.0

    @property
    def learning_rate(self) -> keras.Variable:
        """Returns the rate of the next step; assign a number to change it."""
        return self._rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._rate.assign(value)

    def show(self, step: int, scheduled: float, factor: float) -> None:
        """Sets the state of a training: steps done, the scheduled rate, and the factor on it."""
        self.iterations, self._scheduled = step, scheduled
        self._rate.assign(scheduled * factor)
        self._shown = float(self._rate.value)

    def factor(self, before: float) -> float:
        """Returns the factor on the schedule: `before`, unless a callback has assigned another rate.

        Raises:
            CatganError: the rate is negative or not finite.
        """
        rate = float(self._rate.value)
        if not 0.0 <= rate < math.inf:
            raise CatganError(f"A callback must set a learning rate from 0. Received: {rate:g}.")
        return before if rate == self._shown or not self._scheduled else rate / self._scheduled


class _KerasList(keras.callbacks.CallbackList):
    """Calls callbacks that monitor validation figures after snapshots alone.

    At other ticks the figure is absent. Keras would warn, and would save a model that is not the best as the best.
    """

    measured = True

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        logs = dict(logs or {})  # of all callbacks: one may add what the next one monitors
        for callback in self.callbacks:
            if self.measured or not _waits(callback, logs):
                callback.on_epoch_end(epoch, logs)


class CallbackList:
    """Calls the callbacks of one training.

    Args:
        callbacks: Keras callbacks, or objects with some of their methods.
        average: the averaged networks, which callbacks see as their model.
        synchronize: brings the variables up to date.
        params: `epochs`, `steps` (per epoch) and `samples` (training faces).

    Attributes:
        rate: factor on the scheduled learning rate; callbacks change it through `model.optimizer.learning_rate`.

    Raises:
        CatganError: something that is no callback, or one that a training has no use for.
    """

    def __init__(self, callbacks: object, average: CatGAN, synchronize: Callable[[], None], params: Mapping[str, int]):
        given = callbacks.callbacks if isinstance(callbacks, keras.callbacks.CallbackList) else callbacks
        found = [_checked(callback) for callback in keras.tree.flatten(given)]
        self.rate = 1.0
        self._optimizer = SharedOptimizer()
        self._model = average if found else None
        if found:
            average.optimizer, average.stop_training, average.replaced = self._optimizer, False, False
            average.jax_state_sync = synchronize
        self._list = _KerasList(found, model=self._model, verbose=1, **params) if found else None
        self._each_batch = any(map(_hears_batches, found))

    @property
    def stopping(self) -> bool:
        """Tells whether a callback has set `model.stop_training`."""
        return self._model is not None and bool(self._model.stop_training)

    @property
    def replaced(self) -> bool:
        """Tells whether a callback has set or loaded the weights of the averaged networks."""
        return self._model is not None and self._model.replaced

    @contextlib.contextmanager
    def training(self, folder: Path, images: int, rate: float) -> Iterator[None]:
        """Calls `on_train_begin({"run": folder, "images": faces seen so far})`, and `on_train_end` however the training
        ends."""
        self.rate = rate
        if self._list is None:
            yield
            return
        self._list.on_train_begin({"run": str(folder.resolve()), "images": images})
        try:
            yield
        finally:
            self._list.on_train_end({})

    def epoch_begins(self, epoch: int, step: int, scheduled: float) -> None:
        """Calls `on_epoch_begin`, before step number `step`, whose scheduled learning rate is given."""
        if self._list is not None:
            self._optimizer.show(step, scheduled, self.rate)
            self._list.on_epoch_begin(epoch, {})
            self.rate = self._optimizer.factor(self.rate)

    def batch_begins(self, batch: int) -> None:
        """Calls `on_train_batch_begin` with the number of the step in its epoch."""
        if self._list is not None and self._each_batch:
            self._list.on_train_batch_begin(batch, {})

    def batch_ends(self, batch: int, report: Mapping[str, SupportsFloat]) -> None:
        """Calls `on_train_batch_end` with the figures of the step."""
        if self._list is not None and self._each_batch:
            self._optimizer.iterations += 1
            figures = {name: float(value) for name, value in report.items()}
            self._list.on_train_batch_end(batch, {**figures, "loss": loss_of(figures)})

    def epoch_ends(self, epoch: int, step: int, scheduled: float, line: Mapping[str, float],
                   reported: Mapping[str, float], measured: Mapping[str, float]) -> None:
        """Calls `on_epoch_end`.

        Args:
            epoch, step, scheduled: as `epoch_begins`, after the epoch.
            line: figures of the tick.
            reported: those among them that the steps report.
            measured: those among them that were measured on validation faces; empty between snapshots.
        """
        if self._list is None:
            return
        self._optimizer.show(step, scheduled, self.rate)
        logs = {name: float(value) for name, value in line.items() if not isinstance(value, bool | str)}
        logs |= {f"val_{name.removeprefix('validation_')}": float(value) for name, value in measured.items()}
        logs |= {"loss": loss_of(reported), "learning_rate": float(self._optimizer.learning_rate.value)}
        self._list.measured = bool(measured)
        self._list.on_epoch_end(epoch, logs)
        self.rate = self._optimizer.factor(self.rate)


def loss_of(report: Mapping[str, float]) -> float:
    """Returns the unweighted sum of the losses that a step reports."""
    return sum(value for name, value in report.items() if name not in _NOT_LOSSES)


def _checked(callback: object) -> keras.callbacks.Callback:
    for cls, reason in _NOT_OURS.items():
        if isinstance(callback, cls):
            raise CatganError(f"catgan.train does not take keras.callbacks.{cls.__name__}. {reason}")
    if isinstance(callback, keras.callbacks.TensorBoard) and importlib.util.find_spec("tensorboard") is None:
        raise CatganError("keras.callbacks.TensorBoard needs the package tensorboard. Install it with: pip install "
                          "tensorboard. catgan.training.tensorboard.TensorBoard needs tensorboardX alone.")
    if isinstance(callback, keras.callbacks.Callback):
        return callback
    known = [name for name in _HOOKS if callable(getattr(callback, name, None))]
    if isinstance(callback, type) or not known:
        raise CatganError("A callback must be a Keras callback, or an object with methods such as "
                          f"on_epoch_end(epoch, logs). Received: {callback!r}.")
    adapted = keras.callbacks.Callback()
    for name in known:
        setattr(adapted, name, getattr(callback, name))
    return adapted


def _waits(callback: keras.callbacks.Callback, logs: Mapping[str, float]) -> bool:
    """Tells whether a callback monitors a figure that is not there yet."""
    monitor = str(getattr(callback, "monitor", ""))
    return monitor.startswith("val_") and monitor not in logs and getattr(callback, "save_best_only", True)


def _hears_batches(callback: keras.callbacks.Callback) -> bool:
    return any(getattr(getattr(callback, name), "__func__", None) is not getattr(keras.callbacks.Callback, name)
               for name in _BATCH)
