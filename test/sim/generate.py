"""Random tables' contents and random queries over them, all drawn from one random.Random."""
import json

COLUMNS = {
    "a": [("id", "bigint"), ("grp", "integer"), ("name", "text"), ("amount", "numeric(12,2)"), ("ratio", "double precision"),
          ("at", "timestamptz"), ("flag", "boolean")],
    "b": [("ref", "integer"), ("tag", "text"), ("score", "numeric(10,3)"), ("weight", "double precision"), ("seen", "timestamptz")],
    "k": [("key", "integer"), ("label", "text"), ("rate", "numeric(10,3)"), ("level", "integer")],
}
KINDS = {"bigint": "int", "integer": "int", "text": "text", "numeric(12,2)": "numeric", "numeric(10,3)": "numeric",
         "double precision": "float", "timestamptz": "time", "boolean": "bool"}
WORDS = ["", "a", "b", "red", "green", "blue", "Blue", "a somewhat longer text that is not kept inline", "héllo", "x%y_z", "o'brien"]


def create_table(name, draw):
    columns = ", ".join(f"{c} {t}" + (" PRIMARY KEY" if name == "k" and c == "key" else "") for c, t in COLUMNS[name])
    partitions = 1 if name == "k" else draw.randint(1, 4)
    return f"CREATE TABLE {name} ({columns}) WITH (partitions = {partitions}, format = 'json')"


# ---- records ----

def value_of(sql_type, draw):
    if draw.random() < 0.1:
        return None
    if sql_type == "bigint":
        return draw.choice([draw.randint(0, 50), draw.randint(-10**12, 10**12)])
    if sql_type == "integer":
        return draw.randint(-3, 12)
    if sql_type == "text":
        return draw.choice(WORDS)
    if sql_type.startswith("numeric"):
        return draw.choice([f"{draw.randint(-99999, 99999) / 100:.2f}", draw.randint(-50, 50), f"{draw.randint(0, 9)}.5"])
    if sql_type == "double precision":
        return draw.choice([draw.random() * 1e6, draw.uniform(-1, 1), 0.1, 1e15, -1e15, 1e-9, draw.randint(-5, 5), 1e22])
    if sql_type == "boolean":
        return draw.random() < 0.5
    return f"2024-01-{draw.randint(1, 3):02d}T{draw.randint(0, 23):02d}:{draw.randint(0, 59):02d}:{draw.randint(0, 59):02d}" + draw.choice(["Z", ".5Z", "+02:00", ".123456Z"])


def record(name, draw):
    """A record's key and value; some do not fit their table."""
    row = {c: value_of(t, draw) for c, t in COLUMNS[name]}
    if name == "k":
        key = draw.randint(-3, 12)
        row["key"] = key
        if draw.random() < 0.2:
            return str(key), None
    if draw.random() < 0.1:
        row.pop(draw.choice([c for c in row if c != "key"]))
    if draw.random() < 0.1:
        row["unknown"] = {"nested": [1, 2, {"y": None}]}
    text = json.dumps(row, ensure_ascii=draw.random() < 0.5)
    kind = draw.random()
    if kind < 0.02:
        text = text[:draw.randint(0, len(text) - 1)]
    elif kind < 0.03:
        text = draw.choice(["", "null", "[1]", "garbage", '{"id": "x", "ref": "x", "level": "x"}', '{"id": 1e30, "ref": 1e30, "level": 1e30}', "{} {}"])
    elif kind < 0.05:
        text = text.replace('"name"', '"Name"').replace('"tag"', '"TAG"')
    elif kind < 0.06 and name != "k":
        return None, None
    return (str(row["key"]) if name == "k" else None), text


def fits(text):
    """Whether the generator has not spoilt the record."""
    try:
        row = json.loads(text)
    except ValueError:
        return False
    return isinstance(row, dict) and "1e30" not in text and '"x"' not in text


# ---- queries ----

class Relation:
    """What may stand in FROM: text with @n@ for the nth query, and its columns as (name, kind)."""

    def __init__(self, text, columns, exact):
        self.text, self.columns, self.exact = text, columns, exact


class Query:
    """text as a Relation's; exact: PostgreSQL gives the same bits (no sum of doubles in it)."""

    def __init__(self, text, columns, exact):
        self.text, self.columns, self.exact = text, columns, exact


class Generator:
    def __init__(self, draw):
        self.draw = draw
        self.queries = []
        self.alias = 0

    def pick(self, columns, kind):
        fitting = [c for c, k in columns if k == kind]
        return self.draw.choice(fitting) if fitting else None

    def expression(self, columns, kind, depth=2):
        draw = self.draw
        column = self.pick(columns, kind)
        if column is not None and (depth == 0 or draw.random() < 0.45):
            return column
        if depth == 0 or draw.random() < 0.15:
            return self.constant(kind)
        e = lambda k: self.expression(columns, k, depth - 1)  # noqa: E731
        if draw.random() < 0.1:
            return f"CASE WHEN {e('bool')} THEN {e(kind)} " + (f"WHEN {e('bool')} THEN {e(kind)} " if draw.random() < 0.3 else "") + \
                (f"ELSE {e(kind)} END" if draw.random() < 0.8 else "END")
        if draw.random() < 0.08:
            return f"coalesce({e(kind)}, {e(kind)})"
        if draw.random() < 0.04:
            return f"nullif({e(kind)}, {e(kind)})"
        return getattr(self, "_" + kind)(e)

    def constant(self, kind):
        draw = self.draw
        return {"int": lambda: f"({draw.randint(-3, 12)})", "numeric": lambda: f"({draw.randint(-999, 999) / 100:.2f})",
                "float": lambda: draw.choice(["0.1::float8", "1e15::float8", "2.5::float8"]), "bool": lambda: draw.choice(["true", "false"]),
                "text": lambda: "'" + draw.choice(WORDS).replace("'", "''") + "'::text",
                "time": lambda: f"timestamptz '2024-01-0{draw.randint(1, 3)} {draw.randint(10, 23)}:00Z'"}[kind]()

    def _int(self, e):
        draw = self.draw
        return draw.choice([lambda: f"({e('int')} + {draw.randint(-9, 9)})", lambda: f"({e('int')} - {draw.randint(0, 9)})",
                            lambda: f"({e('int')} % {draw.randint(2, 7)})", lambda: f"({e('int')} / {draw.randint(2, 7)})",
                            lambda: f"length({e('text')})", lambda: f"abs({e('int')} % 1000)", lambda: f"extract(hour from {e('time')})::int",
                            lambda: f"({e('int')} % 100) * ({e('int')} % 100)", lambda: f"sign({e('numeric')})::int"])()

    def _numeric(self, e):
        draw = self.draw
        return draw.choice([lambda: f"({e('numeric')} + {e('numeric')})", lambda: f"({e('numeric')} - {e('int')})",
                            lambda: f"({e('numeric')} * {draw.randint(-20, 20) / 8})", lambda: f"round({e('numeric')}, {draw.randint(-1, 3)})",
                            lambda: f"({e('numeric')} / {draw.choice(['3', '7.00', '0.3'])})", lambda: f"abs({e('numeric')})",
                            lambda: f"floor({e('numeric')})", lambda: f"{e('int')}::numeric", lambda: f"({e('numeric')} % 7)",
                            lambda: f"trunc({e('numeric')}, 1)", lambda: f"greatest({e('numeric')}, {e('numeric')})"])()

    def _float(self, e):
        return self.draw.choice([lambda: f"({e('float')} + {e('float')})", lambda: f"({e('float')} * 0.5::float8)", lambda: f"(- {e('float')})",
                                 lambda: f"floor({e('float')})", lambda: f"{e('int')}::float8", lambda: f"abs({e('float')})"])()

    def _text(self, e):
        draw = self.draw
        return draw.choice([lambda: f"upper({e('text')})", lambda: f"({e('text')} || {e('text')})", lambda: f"substr({e('text')}, 2, 3)",
                            lambda: f"replace({e('text')}, 'e', '3')", lambda: f"{e('int')}::text", lambda: f"left({e('text')}, 2)",
                            lambda: f"({e('text')} || {e('numeric')})", lambda: f"lower({e('text')})", lambda: f"{e('bool')}::text",
                            lambda: f"to_char({e('time')}, 'YYYY-MM-DD HH24')", lambda: f"least({e('text')}, {e('text')})"])()

    def _bool(self, e):
        draw = self.draw
        kind = draw.choice(["int", "numeric", "text", "time", "float", "int", "text"])
        return draw.choice([lambda: f"({e(kind)} {draw.choice(['=', '<>', '<', '<=', '>', '>='])} {e(kind)})",
                            lambda: f"({e(kind)} IS {draw.choice(['', 'NOT '])}NULL)",
                            lambda: f"({e('bool')} {draw.choice(['AND', 'OR'])} {e('bool')})", lambda: f"(NOT {e('bool')})",
                            lambda: f"({e('text')} LIKE '{draw.choice(['%e%', 'b%', '_l%', '%', '%long%', 'x!%%'])}'" + ")",
                            lambda: f"({e('int')} {draw.choice(['', 'NOT '])}IN ({', '.join(str(draw.randint(-3, 12)) for _ in range(draw.randint(1, 4)))}))",
                            lambda: f"({e('text')} IN ('red', 'blue', ''))", lambda: f"({e('int')} BETWEEN {draw.randint(-3, 5)} AND {draw.randint(3, 12)})",
                            lambda: f"({e(kind)} IS DISTINCT FROM {e(kind)})"])()

    def _time(self, e):
        return self.draw.choice([lambda: f"date_trunc('hour', {e('time')})", lambda: f"({e('time')} + interval '90 minutes')",
                                 lambda: f"date_trunc('day', {e('time')})", lambda: f"({e('time')} - interval '1 day')"])()

    # ---- relations ----

    def base(self):
        """One table, earlier query or subquery under a new alias."""
        draw = self.draw
        self.alias += 1
        name = f"t{self.alias}"
        if self.queries and draw.random() < 0.3:
            n = draw.randrange(len(self.queries))
            q = self.queries[n]
            return Relation(f"@{n}@ AS {name}", [(f"{name}.{c}", k) for c, k in q.columns], q.exact)
        if draw.random() < 0.12:
            q = self.query(simple=True)
            return Relation(f"({q.text}) AS {name}", [(f"{name}.{c}", k) for c, k in q.columns], q.exact)
        table = draw.choice(["a", "a", "b", "k"])
        return Relation(f"{table} AS {name}", [(f"{name}.{c}", KINDS[t]) for c, t in COLUMNS[table]], True)

    def relation(self):
        left = self.base()
        for _ in range(self.draw.choice([0, 0, 0, 1, 1, 2])):
            right = self.base()
            kind = self.draw.choice(["int", "int", "text", "numeric"])
            l, r = self.pick(left.columns, kind), self.pick(right.columns, kind)
            if l is None or r is None:
                continue
            join = self.draw.choice(["JOIN", "LEFT JOIN"])
            condition = f"{l} = {r}"
            if self.draw.random() < 0.3:
                condition += f" AND {self.expression(left.columns + right.columns, 'bool', 1)}"
            left = Relation(f"{left.text} {join} {right.text} ON {condition}", left.columns + right.columns, left.exact and right.exact)
        return left

    # ---- queries ----

    def query(self, simple=False):
        draw = self.draw
        kind = draw.random()
        if simple or kind < 0.3:
            q = self.projection(self.relation() if not simple else self.base())
        elif kind < 0.75:
            q = self.aggregation(self.relation())
        elif kind < 0.87:
            q = self.union()
        else:
            inner = self.projection(self.relation(), distinct=draw.random() < 0.3)
            order = ", ".join(f"{i + 1}{draw.choice(['', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST'])}"
                              for i in draw.sample(range(len(inner.columns)), len(inner.columns)))
            q = Query(f"{inner.text} ORDER BY {order} LIMIT {draw.randint(1, 9)}" + (f" OFFSET {draw.randint(1, 4)}" if draw.random() < 0.3 else ""),
                      inner.columns, inner.exact)
        return q

    def where(self, relation, chance=0.6):
        return f" WHERE {self.expression(relation.columns, 'bool', 2)}" if self.draw.random() < chance else ""

    def projection(self, relation, distinct=None):
        draw = self.draw
        kinds = [draw.choice(["int", "text", "numeric", "float", "time", "bool", "int", "text"]) for _ in range(draw.randint(1, 5))]
        items = [f"{self.expression(relation.columns, k, draw.randint(0, 2))} AS c{i}" for i, k in enumerate(kinds)]
        distinct = draw.random() < 0.15 if distinct is None else distinct
        return Query(f"SELECT {'DISTINCT ' if distinct else ''}{', '.join(items)} FROM {relation.text}{self.where(relation)}",
                     [(f"c{i}", k) for i, k in enumerate(kinds)], relation.exact)

    def aggregate(self, relation):
        draw = self.draw
        function = draw.choice(["count", "sum", "min", "max", "avg", "sum", "count", "bool_or"])
        if function == "count" and draw.random() < 0.5:
            text, kind, exact = "count(*)", "int", True
        else:
            argument = {"count": ["int", "text", "bool", "time"], "sum": ["int", "numeric", "float"], "avg": ["int", "numeric", "float"],
                        "bool_or": ["bool"]}.get(function, ["int", "numeric", "text", "time", "float"])
            argument = draw.choice(argument)
            distinct = "DISTINCT " if draw.random() < 0.2 and function in ("count", "sum", "avg", "min") else ""
            text = f"{function}({distinct}{self.expression(relation.columns, argument, 1)})"
            exact = argument != "float" or function not in ("sum", "avg")
            kind = {"count": "int", "sum": "float" if argument == "float" else "numeric", "avg": "float" if argument == "float" else "numeric",
                    "bool_or": "bool"}.get(function, argument)
        if draw.random() < 0.25:
            text += f" FILTER (WHERE {self.expression(relation.columns, 'bool', 1)})"
        return text, kind, exact

    def aggregation(self, relation):
        draw = self.draw
        keys = [draw.choice(["int", "text", "bool", "time", "numeric"]) for _ in range(draw.choice([0, 1, 1, 1, 2]))]
        items = [(self.expression(relation.columns, k, 1), k, True) for k in keys]
        grouping = [str(i + 1) for i in range(len(items))]
        items += [self.aggregate(relation) for _ in range(draw.randint(1, 3))]
        text = "SELECT " + ", ".join(f"{t} AS c{i}" for i, (t, _, _) in enumerate(items)) + f" FROM {relation.text}{self.where(relation, 0.4)}"
        if grouping:
            text += " GROUP BY " + ", ".join(grouping)
        exact = relation.exact and all(x for _, _, x in items)
        if draw.random() < 0.25:
            text += " HAVING " + draw.choice([f"count(*) > {draw.randint(0, 4)}", f"min({self.expression(relation.columns, 'int', 0)}) < {draw.randint(0, 9)}"])
        return Query(text, [(f"c{i}", k) for i, (_, k, _) in enumerate(items)], exact)

    def union(self):
        draw = self.draw
        kinds = [draw.choice(["int", "text", "numeric", "time"]) for _ in range(draw.randint(1, 3))]
        parts, exact = [], True
        for _ in range(draw.randint(2, 3)):
            relation = self.base()
            items = [f"{self.expression(relation.columns, k, 1)} AS c{i}" for i, k in enumerate(kinds)]
            parts.append(f"SELECT {', '.join(items)} FROM {relation.text}{self.where(relation)}")
            exact = exact and relation.exact
        word = " UNION ALL " if draw.random() < 0.7 else " UNION "
        return Query(word.join(parts), [(f"c{i}", k) for i, k in enumerate(kinds)], exact)

    def add(self):
        q = self.query()
        self.queries.append(q)
        return q

    # ---- texts ----

    def as_batch(self, text):
        """Earlier queries as subqueries."""
        for n in range(len(self.queries) - 1, -1, -1):
            text = text.replace(f"@{n}@", f"({self.queries[n].text})")
        return text

    def as_view(self, text, prefix):
        """Earlier queries as the views made of them."""
        for n in range(len(self.queries)):
            text = text.replace(f"@{n}@", f"{prefix}{n}")
        return text
