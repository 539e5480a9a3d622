"""A statement of Athena (Trino's SQL) in DuckDB's dialect, with its parameters inserted.

AWS: parameters are expressions in the order of the question marks, which may only occur in a WHERE clause
    (https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html). Trino's JSON functions answer
    NULL for text that is not JSON. DuckDB's functions raise an error, so each is wrapped in TRY.
"""

from collections.abc import Sequence

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import TokenType

ATHENA, DUCKDB = "athena", "duckdb"
PATH = "$path"
"""The hidden column with the URI of a row's object."""


class InvalidStatement(Exception):
    """The statement is not a single SELECT that can be parsed, or its parameters do not match."""


def parse(sql: str, parameters: Sequence[str]) -> exp.Query:
    """Returns the parsed statement with parameters in place of question marks. Raises InvalidStatement."""
    try:
        tree = sqlglot.parse_one(_filled(sql, parameters), read=ATHENA)
    except SqlglotError as error:
        raise InvalidStatement(f"line 1:1: {error}") from error
    if not isinstance(tree, exp.Query):
        raise InvalidStatement("the local Athena runs only SELECT statements")
    return tree


def _filled(sql: str, parameters: Sequence[str]) -> str:
    marks = [token for token in sqlglot.tokenize(sql, read=ATHENA) if token.token_type is TokenType.PLACEHOLDER]
    if len(marks) != len(parameters):
        raise InvalidStatement(f"Incorrect number of parameters: expected {len(marks)} but found {len(parameters)}")
    for mark, parameter in reversed(list(zip(marks, parameters, strict=True))):
        value = sqlglot.parse_one(parameter, read=ATHENA)  # an expression by itself, or an error
        if not isinstance(value, exp.Literal | exp.Neg | exp.Cast | exp.Boolean | exp.Null):
            raise InvalidStatement(f"the parameter {parameter} is not a literal value")
        sql = f"{sql[: mark.start]}{value.sql(ATHENA)}{sql[mark.end + 1 :]}"
    return sql


def tables(tree: exp.Query) -> list[exp.Table]:
    """Returns the tables that it reads, without the names of its WITH clauses."""
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return [table for table in tree.find_all(exp.Table) if table.name not in own]


def partition_condition(table: exp.Table, keys: set[str]) -> exp.Expression:
    """Returns the conditions of the WHERE clause that concern only a table's partitions."""
    conditions = [term for term in _terms(table) if (columns := _columns(term)) and columns <= keys]
    return exp.and_(*conditions) if conditions else exp.true()


def path_condition(table: exp.Table) -> exp.Expression:
    """Returns the conditions of the WHERE clause by which objects are left out before they are opened.

    Trino leaves splits out by comparisons of "$path" with values, also with a list of them, but not by patterns.
    """
    conditions = [
        term
        for term in _terms(table)
        if _columns(term) == {PATH}
        and isinstance(term.this if isinstance(term, exp.Not) else term, exp.In | exp.EQ | exp.NEQ)
    ]
    return exp.and_(*conditions) if conditions else exp.true()


def _columns(term: exp.Expression) -> set[str]:
    return {column.name for column in term.find_all(exp.Column)}


def _terms(table: exp.Table) -> list[exp.Expression]:
    """The terms of the WHERE clause that all have to hold."""
    select = table.find_ancestor(exp.Select)
    where = select.args.get("where") if select else None
    if where is None:
        return []
    terms = where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    return [term.copy() for term in terms]


def to_duckdb(tree: exp.Expression) -> str:
    """Returns the statement in DuckDB's SQL."""

    def forgiving(node: exp.Expression) -> exp.Expression:
        json = isinstance(node, exp.JSONExtract | exp.JSONExtractScalar)
        return exp.Try(this=node.copy()) if json and not isinstance(node.parent, exp.Try) else node

    return str(tree.copy().transform(forgiving).sql(DUCKDB))
