"""Training: `loop.py` is the loop, `step.py` one step, `engine/` what differs between Keras backends."""
