"""Annotates photographs and videos of a folder by several raters: ratings on disk, agreement, and tables for
`catgan build`.

`project` is what the page Annotate calls; `journal` keeps what a rater said of one item; `docs/annotating.md` has the
whole of it.
"""
