"""A tag for what a page shows to everybody alike: links of styles and scripts, buttons, fixed sentences."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.template import Context, NodeList
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()


class RenderOnceNode(template.Node):
    def __init__(self, nodelist: NodeList, values: Mapping[str, FilterExpression]) -> None:
        self.nodelist = nodelist
        self._values = values
        self._rendered: dict[tuple[Any, ...], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        values = {name: value.resolve(context) for name, value in self._values.items()}
        key = (get_language(), context.autoescape, *values.values())
        if key not in self._rendered:
            self._rendered[key] = self._render_alone(context, values)
        return self._rendered[key]

    def _render_alone(self, context: Context, values: Mapping[str, Any]) -> SafeString:
        """With these values and nothing else, so that nothing of one visitor can come to another."""
        alone = Context(dict(values), autoescape=context.autoescape)
        page: Any = context.template
        with alone.render_context.push_state(page), alone.bind_template(page):
            return self.nodelist.render(alone)


@register.tag("render_once")
def parse_render_once(parser: Parser, token: Token) -> RenderOnceNode:
    """`{% render_once company=company %}…{% endrender_once %}` is rendered once for each language and each company.

    It sees the values that it names and no others: neither the request nor what the page shows besides. There must be
    few of each, since what was rendered is kept as long as the process.
    """
    values = token_kwargs(token.split_contents()[1:], parser)
    nodelist = parser.parse(("endrender_once",))
    parser.delete_first_token()
    return RenderOnceNode(nodelist, values)
