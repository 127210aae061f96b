"""Formulas as MathML, made when the site is built: browsers draw it without a script."""

import re
from html import escape

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

# Names that docutils' converter lacks, and what it calls them.
OTHER_NAMES = {r"\dots": r"\ldots", r"\big": r"\bigl", r"\Big": r"\bigl", r"\bigg": r"\biggl"}
NAME = re.compile(r"\\[A-Za-z]+")
# TeX takes one digit where no braces stand; the converter takes the whole number.
FRACTION = re.compile(r"(\\[dt]?frac)\s*(\d)\s*(\d)")
RAISED = re.compile(r"([_^])(\d)(?=\d)")
# A full stop that ends a displayed formula is no decimal point, and needs no room before it.
STOP = re.compile(r"<mo[^>]*>([.,;])</mo>(?=\s*(</m(row|style|th)>\s*)*</math>)")


def mathml(tex: str, *, display: bool) -> str:
    """A formula as MathML that carries its TeX.

    Raises:
        ValueError: it has a command that cannot be converted.
    """
    known = NAME.sub(lambda found: OTHER_NAMES.get(found[0], found[0]), tex)
    known = RAISED.sub(r"\1{\2}", FRACTION.sub(r"\1{\2}{\3}", known))
    if r"\\" in known and r"\begin" not in known:
        known = rf"\begin{{aligned}}{known}\end{{aligned}}"
    try:
        drawn = tex2mathml(known, as_block=display)
    except (MathError, SyntaxError) as error:
        raise ValueError(
            f"formula {tex!r}: {error} Write it in other words, or enter the command in "
            "scripts/site/formulas.py"
        ) from None
    drawn = STOP.sub(r'<mo lspace="0" rspace="0">\1</mo>', re.sub(r">\s+<", "><", drawn))
    return drawn.replace("<math ", f'<math alttext="{escape(tex.strip())}" ', 1)


def visit(writer: nodes.NodeVisitor, node: nodes.Element) -> None:
    """Write an inline or a displayed formula; a warning, so a failed build, where it cannot be."""
    display = isinstance(node, nodes.math_block)
    tag, kind = ("div", "math math-display") if display else ("span", "math")
    try:
        drawn = mathml(node.astext(), display=display)
    except ValueError as error:
        logging.getLogger(__name__).warning(str(error), location=node)
        drawn = escape(node.astext())
    writer.body.append(f'<{tag} class="{kind}">{drawn}</{tag}>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Make this the way in which the site draws formulas."""
    app.add_html_math_renderer("mathml", (visit, None), (visit, None))
