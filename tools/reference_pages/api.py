"""Reference of the Python API: every public name with its signature and docstring."""

from __future__ import annotations

import ast
from typing import NamedTuple

from reference_pages import markdown, source
from reference_pages.source import Definition

WIDTH = 90


class Page(NamedTuple):
    """One page of the API.

    Attributes:
        title: of the page.
        text: what it says first.
        names: dotted names; `module.*` stands for all public names of a module.
    """

    title: str
    text: str
    names: tuple[str, ...]


METRICS = ("labels", "au", "va", "expression", "categories", "agreement", "binary", "moments", "calibration",
           "bootstrap", "sequences", "control", "editing", "counterfactual", "counterfactual_space", "image",
           "identity", "distribution", "neighbours", "plane")

PAGES = {
    "catgan": Page("catgan", "What `import catgan` offers. The import itself loads neither TensorFlow nor MediaPipe.",
                   ("catgan.*",)),
    "explain": Page("catgan.explain", "Counterfactual faces, semifactuals and attributions.", ("catgan.explain.*",)),
    "attribution": Page("Attribution", "Every explainer that assigns an answer to pixels, frames or Action Units.",
                        ("catgan.explain.attribution.*",)),
    "drawing": Page("Drawing counterfactuals", "What draws a changed face, and how a change is searched.",
                    ("catgan.explain.drawers.*", "catgan.explain.search.*", "catgan.explain.counterfactual.*")),
    "data": Page("Data sets", "Building, reading and streaming data sets.",
                 ("catgan.data.builder.build.build", "catgan.data.store.*", "catgan.data.streaming.*",
                  "catgan.data.sources.*", "catgan.data.sources.layout.Layout", "catgan.data.sources.records.*",
                  "catgan.data.schema.*")),
    "labels": Page("Labels and conditions", "Values with their masks, and what a generator is asked for.",
                   ("catgan.labels.*", "catgan.conditions.*", "catgan.facs.*")),
    "models": Page("Networks", "The networks of a finished run.",
                   ("catgan.models.gan.model.*", "catgan.models.gan.editing.EditResult", "catgan.models.gan.changes.*",
                    "catgan.models.gan.architectures.*", "catgan.models.sequence.model.*",
                    "catgan.models.landmarks.model.*", "catgan.models.multimodal.model.*",
                    "catgan.models.fine_tuning.*")),
    "training": Page("Training", "Experiments, kinds of training, and the loop.",
                     ("catgan.training.experiment.*", "catgan.training.loop.train", "catgan.training.tasks.*",
                      "catgan.training.budget.BudgetConfig")),
    "evaluation": Page("Evaluation", "What a finished network is worth.",
                       ("catgan.evaluation.evaluate.evaluate", "catgan.evaluation.clips.evaluate_clips",
                        "catgan.evaluation.clips.predict_clips", "catgan.evaluation.delay.find_delay",
                        "catgan.evaluation.clip_controls.clip_controls", "catgan.evaluation.comparison.gain_of_both",
                        "catgan.benchmarks.training.benchmark_train")),
    "pipelines": Page("Whole tasks", "Whole tasks of a user, one function each.",
                      ("catgan.pipelines.photographs.predict_photographs", "catgan.pipelines.videos.predict_video",
                       "catgan.pipelines.clips.predict_clip", "catgan.pipelines.predict.*",
                       "catgan.pipelines.predictions.Predictions", "catgan.pipelines.complete.complete.pseudo_label",
                       "catgan.exporters.formats.*")),
    "synthesis": Page("Rendered faces", "The embedded face model, scenes and clips: pictures whose truth is known.",
                      ("catgan.synthesis.scene.*", "catgan.synthesis.rendering.*", "catgan.synthesis.clips.clip",
                       "catgan.synthesis.shortcuts.planted", "catgan.synthesis.clip_truth.ClipTruth",
                       "catgan.data.render.render", "catgan.data.clip_scenes.*",
                       "catgan.data.render_clips.render_clips")),
    "modalities": Page("Modalities", "Face, posture, gait and context, and how to add another one.",
                       ("catgan.modalities.registry.*",)),
    "metrics": Page("Metrics", "These functions take arrays and masks alone, so that they work with any model. "
                    "[Metrics with their formulas](../metrics.md) says what each one means.",
                    tuple(f"catgan.metrics.{name}.*" for name in METRICS)),
}


def names(of: Page) -> list[tuple[str, str]]:
    """Returns module and name of everything on a page; modules and `__version__` are left out."""
    found = []
    for dotted in of.names:
        module, _, name = dotted.rpartition(".")
        for each in source.public_names(module) if name == "*" else [name]:
            if each != "__version__" and not source.is_module(f"{module}.{each}"):
                found.append((module, each))
    return found


def pages() -> dict[str, str]:
    """Returns the index and all pages."""
    index = markdown.page(
        "Python API", "Everything that the command line does can be called. Images are uint8 `(height, width, 3)` in "
        "RGB, intensities of Action Units 0 to 5, valence and arousal -1 to 1. Unknown labels have a mask.",
        markdown.toctree(PAGES))
    places = addresses()
    return {"index": index, **{name: _page(name, of, places) for name, of in PAGES.items()}}


def addresses() -> dict[tuple[str, str], str]:
    """Returns the page of each definition, by module and name. What several pages have stands on the first."""
    found: dict[tuple[str, str], str] = {}
    for page, of in PAGES.items():
        for module, name in names(of):
            definition = source.find(module, name)
            found.setdefault((definition.module, definition.name), page)
    return found


def _page(page: str, of: Page, places: dict[tuple[str, str], str]) -> str:
    links = _links(places)
    blocks, elsewhere, shown = [of.text], [], set()
    for module, name in names(of):
        definition = source.find(module, name)
        key = (definition.module, definition.name)
        if places[key] != page:
            elsewhere.append((name, places[key]))
        elif key not in shown:
            shown.add(key)
            head, body = _entry(f"{module}.{name}", definition)
            blocks += [head, markdown.linked(body, links)]
    if elsewhere:
        blocks.append("## On other pages\n\n" + "\n".join(
            f"- [`{name}`]({place}.md#{name.lower()})" for name, place in dict(elsewhere).items()))
    return markdown.page(of.title, *blocks)


def _links(places: dict[tuple[str, str], str]) -> dict[str, str]:
    """Returns addresses by name: of classes, their members, and dotted names."""
    found: dict[str, str] = {}
    for (module, name), page in places.items():
        address = f"{page}.md#{name.lower()}"
        found |= {f"{module}.{name}": address, f"{module.rpartition('.')[0]}.{name}": address}
        if name[:1].isupper() and [key[1] for key in places].count(name) == 1:
            found[name] = address
            definition = source.find(module, name)
            if isinstance(definition.node, ast.ClassDef):
                found |= {f"{name}.{member.name}": f"{address}{member.name.lower()}" for member in
                          source.members(definition) if member.doc}
    for name in source.public_names("catgan.explain"):
        if ("catgan.explain", name) not in places and not source.is_module(f"catgan.explain.{name}"):
            definition = source.find("catgan.explain", name)
            found[f"catgan.explain.{name}"] = found[f"{definition.module}.{definition.name}"]
    return found


def _entry(dotted: str, definition: Definition) -> tuple[str, str]:
    """Returns heading and body of an entry."""
    node = definition.node
    if isinstance(node, ast.ClassDef):
        body = _class(definition)
    elif isinstance(node, source.Function):
        body = [_signature(node, definition.module, definition.name), markdown.described(definition.doc)]
    else:
        body = [markdown.paragraphs(definition.doc)]
    where = f"{definition.module}.{definition.name}"
    also = f" (defined in `{definition.module}`)" if where != dotted else ""
    head = f"## {definition.name}\n\n*{_kind(node)}* `{dotted}`{also}"
    return head, "\n\n".join(part for part in body if part)


def _kind(node: ast.stmt) -> str:
    return "class" if isinstance(node, ast.ClassDef) else "function" if isinstance(node, source.Function) else "value"


def _class(definition: Definition) -> list[str]:
    constructor = source.constructor(definition)
    fields = source.fields(definition)
    blocks = []
    if constructor:
        blocks.append(_signature(constructor, definition.module, definition.name))
    elif fields:
        blocks.append(_call(definition.name, [f"{name}: {kind}" + (f" = {default}" if default is not None else "")
                                              for name, kind, default in fields]))
    blocks.append(markdown.described(definition.doc))
    for member in source.members(definition):
        marks = source.decorators(member.node)
        if not member.doc or marks & {"setter", "deleter", "overload"}:
            continue
        is_value = marks & {"property", "cached_property"}
        call = _property(member) if is_value else _signature(member.node, member.module, member.name)
        blocks += [f"### {definition.name}.{member.name}", call, markdown.described(member.doc)]
    return blocks


def _property(member: Definition) -> str:
    """Returns a property as code, with its type."""
    returns = getattr(member.node, "returns", None)
    return markdown.code(f"{member.name}: {ast.unparse(returns)}" if returns else member.name, "python")


def _signature(node: ast.stmt, module: str, name: str) -> str:
    """Returns a function's call as code, without `self`; constants of the module have their values."""
    assert isinstance(node, source.Function)
    given = node.args
    words: list[str] = []
    plain = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(plain) - len(given.defaults)) + list(given.defaults)
    words += [_argument(argument, source.value(module, default)) for argument, default in zip(plain, defaults)]
    if given.vararg:
        words.append("*" + _argument(given.vararg, None))
    elif given.kwonlyargs:
        words.append("*")
    words += [_argument(argument, source.value(module, default))
              for argument, default in zip(given.kwonlyargs, given.kw_defaults)]
    if given.kwarg:
        words.append("**" + _argument(given.kwarg, None))
    words = words[1:] if words and words[0] in ("self", "cls") else words
    return _call(name, words, ast.unparse(node.returns) if node.returns and node.name != "__init__" else "")


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    typed = f": {ast.unparse(argument.annotation)}" if argument.annotation else ""
    value = "" if default is None else f" = {ast.unparse(default)}" if typed else f"={ast.unparse(default)}"
    return f"{argument.arg}{typed}{value}"


def _call(name: str, words: list[str], returns: str = "") -> str:
    arrow = f" -> {returns}" if returns else ""
    line = f"{name}({', '.join(words)}){arrow}"
    if len(line) > WIDTH and words:
        line = f"{name}(\n" + "".join(f"    {word},\n" for word in words) + f"){arrow}"
    return markdown.code(line, "python")
