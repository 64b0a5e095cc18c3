"""Kinds of training: steps and inputs."""
