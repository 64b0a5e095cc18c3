"""One module per page; `catgan.web.registry` lists them, `catgan.web.page.Page` is their interface."""
