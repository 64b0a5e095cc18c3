"""Train a small network on drawn places without people: which place and which emotion of the phrase does it see?

    python docs/benchmarks/places_read.py --train 4000 --test 1000 --side 64 --seed 0

Every pair of a place and a phrase is equally frequent, at any hour that it allows. The emotion is that of the phrase,
and neutral without one.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import keras
import numpy as np

from catgan.metrics import bootstrap
from catgan.synthesis.places import EMOTIONS, PLACES, draw_place, found_phrase

PAIRS = [(place, phrase) for place in PLACES for phrase in (None, *PLACES[place].phrases)]
DRAWN_SIDE = 128


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--train", type=int, default=4000, help="pictures (default: 4000)")
    parser.add_argument("--test", type=int, default=1000, help="pictures (default: 1000)")
    parser.add_argument("--side", type=int, default=64, help="of the network's pictures (default: 64)")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    keras.utils.set_random_seed(arguments.seed)
    count = arguments.train + arguments.test
    images, places, emotions = drawn(count, arguments.side, arguments.seed)
    network = small_network(arguments.side)
    rows = slice(0, arguments.train)
    network.fit(images[rows], {"place": places[rows], "emotion": emotions[rows]}, epochs=arguments.epochs,
                batch_size=64, verbose=2)
    told = network.predict(images[arguments.train:], verbose=0)
    figures = {}
    for name, truth, chance in (("place", places, len(PLACES)), ("emotion", emotions, len(EMOTIONS))):
        right = told[name].argmax(1) == truth[arguments.train:]
        interval = bootstrap.interval(lambda rows: float(right[rows].mean()), list(range(len(right))))
        figures[name] = {"right": float(right.mean()), "interval": interval, "n": len(right), "chance": 1 / chance}
    wrong = told["emotion"].argmax(1) != emotions[arguments.train:]
    figures["wrong by emotion"] = {name: float(wrong[emotions[arguments.train:] == at].mean())
                                   for at, name in enumerate(EMOTIONS)}
    print(json.dumps(figures, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def drawn(count: int, side: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns pictures `(n, side, side, 3)`, numbers of places and of emotions `(n,)`."""
    random = np.random.default_rng(seed)
    images = np.empty((count, side, side, 3), np.uint8)
    places, emotions = np.empty(count, np.int64), np.empty(count, np.int64)
    for number in range(count):
        place, phrase = PAIRS[int(random.integers(len(PAIRS)))]
        picture = draw_place(place, int(random.integers(2 ** 40)), (DRAWN_SIDE, DRAWN_SIDE),
                             phrases=[phrase] if phrase else [])
        images[number] = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
        places[number] = list(PLACES).index(place)
        emotions[number] = EMOTIONS.index(found_phrase(place, phrase).emotion if phrase else "neutral")
    return images, places, emotions


def small_network(side: int) -> keras.Model:
    """Returns four convolutions and a head for each question."""
    inputs = keras.Input((side, side, 3))
    values = keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    for filters in (24, 48, 64, 96):
        values = keras.layers.Conv2D(filters, 3, 2, "same")(values)
        values = keras.layers.BatchNormalization()(values)
        values = keras.layers.Activation("relu")(values)
    values = keras.layers.Dropout(0.3)(keras.layers.Flatten()(values))
    heads = {name: keras.layers.Dense(classes, "softmax", name=name)(values)
             for name, classes in (("place", len(PLACES)), ("emotion", len(EMOTIONS)))}
    network = keras.Model(inputs, heads)
    network.compile(keras.optimizers.Adam(1e-3), {name: "sparse_categorical_crossentropy" for name in heads})
    return network


if __name__ == "__main__":
    main()
