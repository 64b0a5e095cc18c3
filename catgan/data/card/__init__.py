"""The card of a data set: what it holds, in words and figures."""
