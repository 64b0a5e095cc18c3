"""Loads model files that training callbacks wrote before `CatGAN` was a Keras model itself."""

from __future__ import annotations

from collections.abc import Mapping

import keras


@keras.saving.register_keras_serializable("catgan")
class Networks(keras.Model):
    """Several networks as one Keras model, which is called like the discriminator among them.

    Args:
        networks: Keras models by name: `generator`, `discriminator`, `editor`.
    """

    def __init__(self, networks: Mapping[str, keras.Model], **arguments: object):
        super().__init__(**arguments)
        self.names = tuple(networks)
        for name, network in networks.items():
            setattr(self, name, network)
        self.built = True

    def call(self, inputs, training: bool | None = None):
        return self.discriminator(inputs, training=training)

    def get_config(self) -> dict[str, object]:
        networks = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in self.names}
        return {"name": self.name, "networks": networks}

    @classmethod
    def from_config(cls, config: dict, custom_objects: object = None) -> Networks:
        networks = {name: keras.saving.deserialize_keras_object(network, custom_objects)
                    for name, network in config["networks"].items()}
        return cls(networks, name=config["name"])
