"""The web page of `catgan app`: a small server on this machine and a front end without a build step.

A page is a module `pages/NAME.py` (see `catgan.web.page.Page`) that `registry.PAGES` lists, and beside it
`static/pages/NAME.js` and `static/pages/NAME.css`. `docs/app.md` shows how one is added.
"""
