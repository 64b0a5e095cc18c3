"""The networks of a `CatGAN` and the model itself."""
