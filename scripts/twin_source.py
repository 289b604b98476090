"""
Contracts and their twins in Python, read from their syntax trees into one shape.

What is only the language's own is taken out: what still differs between two `Side`s
is drift. Nothing is imported or run, so that a half-written tree can be read as well.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from vyper.ast import nodes, parse_to_ast

OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.BitOr: operator.or_,
    ast.USub: operator.neg,
}


class UnreadableError(Exception):
    """A constant whose value this reader cannot tell."""


class Constant(NamedTuple):
    line: int
    expression: ast.expr


class Record(NamedTuple):
    """A struct or an event: Python does not tell them apart."""

    line: int
    fields: list[str]


class Function(NamedTuple):
    """`sentence` is the first one of what it says, `reasons` the errors it names."""

    line: int
    parameters: list[str]
    sentence: str
    reasons: list[str]


class Variable(NamedTuple):
    """
    What is kept, and in whose storage.

    A module does not know its contract, which initializes it; `attribute` is where a
    table stands in the state.
    """

    line: int
    contract: str | None
    attribute: str


@dataclass(frozen=True)
class Side:
    """What one file declares, in order, as the other language would name it."""

    path: Path
    sentence: str
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    constants: dict[str, Constant] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    storage: dict[str, Variable] = field(default_factory=dict)
    initialized: list[str] = field(default_factory=list)

    @property
    def noun(self) -> str:
        return re.sub(r"(?<=.)(?=[A-Z])", "_", self.path.stem).lower()


def read_vyper(path: Path) -> Side:
    """A contract or a module, its parameters as the twin should have them."""
    module = parse_to_ast(path.read_text())
    side = Side(path, notice(module))
    for node in module.body:
        if isinstance(node, nodes.FunctionDef):
            # The deployer's call has no twin: genesis says what it sets.
            if node.name != "__init__":
                function = vyper_function(node, is_deployed(path))
                side.functions[node.name] = function
        elif isinstance(node, nodes.StructDef | nodes.EventDef):
            fields = [each.target.id for each in node.get_children(nodes.AnnAssign)]
            side.records[node.name] = Record(node.lineno, fields)
        elif isinstance(node, nodes.VariableDecl) and node.is_constant:
            expression = parse_expression(node.value.node_source_code)
            side.constants[node.target.id] = Constant(node.lineno, expression)
        elif isinstance(node, nodes.VariableDecl) and not node.is_immutable:
            contract = path.stem if is_deployed(path) else None
            name = node.target.id
            side.storage[name] = Variable(node.lineno, contract, name)
        elif isinstance(node, nodes.InitializesDecl):
            bound = getattr(node.annotation, "value", node.annotation)
            side.initialized.append(bound.id)
    return side


def is_deployed(path: Path) -> bool:
    """Whether a file is a contract: a module has no capitals."""
    return path.stem[0].isupper()


def vyper_function(node: nodes.FunctionDef, is_deployed: bool) -> Function:
    decorators = {each.node_source_code for each in node.decorator_list}
    parameters = [each.arg for each in node.args.args]
    if "external" in decorators:
        parameters = ["state", "call", *parameters]
    elif "pure" not in decorators:
        parameters = ["state", *parameters]
        # In Python nothing but an entry point is told the time unasked.
        if is_deployed and depends_on_time(node):
            parameters.append("now")
    names = [
        (each.lineno, each.col_offset, each.attr)
        for each in node.get_descendants(nodes.Attribute)
        if isinstance(each.value, nodes.Name) and each.value.id == "errors"
    ]
    return Function(
        line=node.lineno,
        parameters=parameters,
        sentence=notice(node),
        reasons=in_source_order(names),
    )


def depends_on_time(node: nodes.FunctionDef) -> bool:
    """Whether a function asks for the time, or another contract that may."""
    names = {each.id for each in node.get_descendants(nodes.Name)}
    calls = node.get_descendants((nodes.ExtCall, nodes.StaticCall))
    return bool(calls) or "block" in names


def notice(node: nodes.Module | nodes.FunctionDef) -> str:
    """The first sentence of the `@notice` of a module or a function."""
    text = node.doc_string.value if node.doc_string else ""
    found = re.search(r"@notice\s(.*?)(?=^\s*@|\Z)", text, re.DOTALL | re.MULTILINE)
    return first_sentence(found[1]) if found else ""


def parse_expression(source: str) -> ast.expr:
    # Vyper writes bytes as x"00"; the number of the same digits compares as well.
    return ast.parse(re.sub(r'x"([0-9a-fA-F]+)"', r"0x\1", source), mode="eval").body


def read_python(path: Path) -> Side:
    """A module of the protocol."""
    module = ast.parse(path.read_text())
    side = Side(path, first_sentence(ast.get_docstring(module) or ""))
    for node in module.body:
        match node:
            case ast.ImportFrom(module=str(origin), names=names):
                noun = origin.rpartition(".")[2]
                for each in names:
                    side.imports[each.asname or each.name] = (noun, each.name)
            case ast.FunctionDef(name=name):
                side.functions[name] = python_function(node)
            case ast.ClassDef(name=name, bases=[ast.Name("Struct")], body=body):
                targets = [
                    each.target for each in body if isinstance(each, ast.AnnAssign)
                ]
                fields = [each.id for each in targets if isinstance(each, ast.Name)]
                side.records[name] = Record(node.lineno, fields)
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name.isupper():
                side.constants[name] = Constant(node.lineno, value)
    for statement in ast.walk(module):
        if isinstance(statement, ast.AnnAssign):
            side.storage.update(table_of(statement))
    return side


def table_of(statement: ast.AnnAssign) -> dict[str, Variable]:
    """The table that a line `self.name: Table[...] = table(name, contract)` makes."""
    match statement:
        case ast.AnnAssign(
            target=ast.Attribute(value=ast.Name("self"), attr=attribute),
            annotation=ast.Subscript(value=ast.Name("Table")),
            value=ast.Call(
                args=[ast.Constant(str(name)), ast.Constant(str(contract)), *_],
                keywords=keywords,
            ),
        ) if not any(each.arg == "is_code" for each in keywords):
            return {name: Variable(statement.lineno, contract, attribute)}
    return {}


def python_function(node: ast.FunctionDef) -> Function:
    arguments = node.args
    parameters = [each.arg for each in arguments.posonlyargs + arguments.args]
    # What no contract has stands among the names, and so differs from them.
    parameters += [f"{each.arg} by keyword" for each in arguments.kwonlyargs]
    parameters += [
        f"any {each.arg}" for each in (arguments.vararg, arguments.kwarg) if each
    ]
    parameters += [f"a default of {ast.unparse(each)}" for each in arguments.defaults]
    names = [
        (each.lineno, each.col_offset, each.attr)
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute)
        and isinstance(each.value, ast.Name)
        and each.value.id == "errors"
    ]
    return Function(
        line=node.lineno,
        parameters=parameters,
        sentence=first_sentence(ast.get_docstring(node) or ""),
        reasons=in_source_order(names),
    )


def in_source_order(names: Iterable[tuple[int, int, str]]) -> list[str]:
    """The names of errors among `names`: `errors.require` is not one."""
    return [name for _, _, name in sorted(names) if name.isupper()]


def first_sentence(text: str) -> str:
    """Up to the first full stop that ends a word, in one line."""
    paragraph = " ".join(text.strip().split("\n\n")[0].split())
    return re.split(r"(?<=\.)\s", paragraph)[0]


def value_of(expression: ast.expr, noun: str, sides: Mapping[str, Side]) -> Any:
    """What an expression in `noun` is worth; other constants are found in `sides`."""
    match expression:
        case ast.Constant(value=value):
            return value
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            operands = [value_of(each, noun, sides) for each in (left, right)]
            return OPERATORS[type(op)](*operands)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
            return OPERATORS[type(op)](value_of(operand, noun, sides))
        case ast.Name(id=name):
            return constant_named(name, noun, sides)
        case ast.Attribute(value=ast.Name(id=origin), attr=name):
            return constant_named(name, origin, sides)
        # A unit of Python says what a number counts; the number is the same.
        case ast.Call(func=ast.Name(id=unit), args=[argument]) if unit[0].isupper():
            return value_of(argument, noun, sides)
        case ast.Call(func=ast.Name(id="convert"), args=[argument, _]):
            return value_of(argument, noun, sides)
    raise UnreadableError(f"the value of `{ast.unparse(expression)}` cannot be read")


def constant_named(name: str, noun: str, sides: Mapping[str, Side]) -> Any:
    side = sides.get(noun)
    if side and name in side.constants:
        return value_of(side.constants[name].expression, noun, sides)
    if side and name in side.imports:
        origin, original = side.imports[name]
        return constant_named(original, origin, sides)
    raise UnreadableError(f"{noun} has no constant {name}")
