"""Explanations of answers about clips: attribution over time, counterfactual sequences, and a view of the layers."""
