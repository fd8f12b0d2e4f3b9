"""Django's templates, whose values are looked up and written the short way where the outcome is the same.

Django tries each value as a dictionary, then as an object, then as a list, and writes it for the reader's language and
time zone before it is escaped. Most values are an attribute of a row, and text: a third of what a turn takes to render
went into the rest. Whatever is not as simple is left to Django, which then looks for itself.
"""

import html
from typing import Any

from django.template import Context, Node, NodeList, Origin, Template
from django.template.base import (
    FilterExpression,
    Lexer,
    Parser,
    Token,
    Variable,
    VariableNode,
    render_value_in_context,
)
from django.template.loaders import base, cached
from django.utils.safestring import SafeString


class QuickVariable(Variable):
    """A name and attributes of what it stands for, such as `message.role`."""

    __slots__ = ("attributes", "name")

    def __init__(self, var: Any) -> None:
        super().__init__(var)
        self.name, *self.attributes = self.lookups or ()

    def resolve(self, context: Any) -> Any:
        try:
            value = context[self.name]
            for attribute in self.attributes:
                if callable(value):
                    break
                is_container = hasattr(type(value), "__getitem__")
                value = value[attribute] if is_container else getattr(value, attribute)
        except Exception:  # noqa: BLE001 - Django meets it as well, and knows what is to be done
            return super().resolve(context)
        return super().resolve(context) if callable(value) else value


class QuickVariableNode(VariableNode):
    """`{{ message.role }}`: text needs no more than to be escaped, and a number without a language to be written."""

    def render(self, context: Context) -> Any:
        try:
            value = self.filter_expression.resolve(context)
        except UnicodeDecodeError:
            return SafeString("")  # as Django does
        kind = type(value)
        if kind is SafeString:
            return value
        if kind is str and context.autoescape:
            return SafeString(html.escape(value))
        if kind is int and context.use_l10n is False:
            return SafeString(value)
        return render_value_in_context(value, context)


class QuickParser(Parser):
    """All tags, also those of other apps, have their values compiled here."""

    def compile_filter(self, token: str) -> FilterExpression:
        expression = super().compile_filter(token)
        variable = expression.var
        if type(variable) is Variable and variable.lookups and not variable.translate:
            expression.var = QuickVariable(variable.var)
        return expression

    def extend_nodelist(self, nodelist: NodeList, node: Node, token: Token) -> None:
        if type(node) is VariableNode:
            node = QuickVariableNode(node.filter_expression)
        super().extend_nodelist(nodelist, node, token)


class QuickTemplate(Template):
    def compile_nodelist(self) -> NodeList:
        """The same as Django does, with our parser."""
        if self.engine.debug:
            return super().compile_nodelist()
        tokens = Lexer(self.source).tokenize()
        engine = self.engine
        parser = QuickParser(tokens, engine.template_libraries, engine.template_builtins, self.origin)
        nodelist = parser.parse()
        self.extra_data = parser.extra_data  # type: ignore[attr-defined]
        return nodelist


class _TemplateLoader(base.Loader):
    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        found = super().get_template(template_name, skip)
        return QuickTemplate(found.source, found.origin, found.name, found.engine)


class Loader(cached.Loader, _TemplateLoader):
    """Keeps the templates that it has loaded, as Django's own does."""
