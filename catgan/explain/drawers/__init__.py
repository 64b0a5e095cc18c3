"""Drawers: change the Action Units of faces and draw the result.

`EditorDrawer` is for models that have an editor. `InversionDrawer` is for those that have none, and for comparison.
`SceneDrawer` draws the truth, for rendered faces alone.
"""

from catgan.explain.drawers.common import DifferentiableDrawer, Drawer, DrawerFactory
from catgan.explain.drawers.editor import EditorDrawer
from catgan.explain.drawers.inversion import InversionDrawer
from catgan.explain.drawers.scene import SceneDrawer
from catgan.models.gan.faces import FaceGAN

__all__ = ["DifferentiableDrawer", "Drawer", "DrawerFactory", "EditorDrawer", "InversionDrawer", "SceneDrawer",
           "drawer_of"]


def drawer_of(gan: FaceGAN) -> DrawerFactory:
    """Returns the class of drawer for a model: its editor where it has one, else inversion into its generator."""
    return EditorDrawer if gan.editor is not None else InversionDrawer
