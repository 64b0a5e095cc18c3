"""Relates Action Units, valence-arousal and expressions: what one label system says about another, with intervals."""
