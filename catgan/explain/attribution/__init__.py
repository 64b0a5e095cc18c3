"""Attribution: which pixels, facial regions and Action Units an answer rests on."""

from catgan.explain.attribution.pixels import Attribution, attribute  # noqa: F401
