import { loadModule, parseSync } from 'libpg-query';

// What of PostgreSQL's SQL CockroachDB and YugabyteDB take as well, by their documentation:
//   https://www.cockroachlabs.com/docs/stable/sql-feature-support
//   https://www.cockroachlabs.com/docs/stable/postgresql-compatibility
//   https://www.cockroachlabs.com/docs/stable/functions-and-operators
//   https://docs.yugabyte.com/stable/api/ysql/
//   https://docs.yugabyte.com/stable/reference/configuration/postgresql-compatibility/
// It is a list of what may be, by the names of PostgreSQL's own parse tree: whatever is not on it has
// to be looked up there before it is added. Not on it, because one of the two lacks it or has it in
// name only, are advisory locks (CockroachDB's do nothing), SERIAL and sequences (its numbers differ),
// SET and SHOW, LOCK TABLE (YugabyteDB), LISTEN and NOTIFY, temporary tables, savepoints, cursors,
// deferrable and exclusion constraints, and procedures.

await loadModule();

const NODES = new Set([
  ...['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'TransactionStmt', 'DefElem'],
  ...['CreateStmt', 'ColumnDef', 'Constraint', 'IndexStmt', 'IndexElem', 'DropStmt'],
  ...['AlterTableStmt', 'AlterTableCmd'],
  ...['ResTarget', 'RangeVar', 'RangeSubselect', 'JoinExpr', 'SortBy', 'ColumnRef', 'A_Star'],
  ...['A_Const', 'Integer', 'String', 'List', 'ParamRef', 'A_Expr', 'BoolExpr', 'NullTest'],
  ...['CaseExpr', 'CaseWhen', 'CoalesceExpr', 'FuncCall', 'RowExpr', 'SubLink', 'TypeCast'],
]);

const OPERATORS = new Set(['=', '<>', '<', '<=', '>', '>=', '+', '-', '*', '%', '||', '!~']);

const FUNCTIONS = new Set([
  ...['abs', 'count', 'sum', 'length', 'strpos'],
  ...['clock_timestamp', 'pg_catalog.extract'], // in CockroachDB, of the node that is asked
  // Kysely's, to find out which tables there are.
  ...['col_description', 'pg_get_serial_sequence', 'quote_ident', 'has_schema_privilege'],
]);

/** In CockroachDB an integer has 64 bits, too. */
const TYPES = new Set(['text', 'pg_catalog.varchar', 'pg_catalog.int4', 'pg_catalog.int8']);

/** What a kind of node can be. */
const CHOICES = new Set([
  'AEXPR_DISTINCT', // is distinct from
  ...[
    'AEXPR_OP',
    'AEXPR_IN',
    'AEXPR_LIKE',
    'AND_EXPR',
    'OR_EXPR',
    'NOT_EXPR',
    'IS_NULL',
    'IS_NOT_NULL',
  ],
  ...['TRANS_STMT_BEGIN', 'TRANS_STMT_START', 'TRANS_STMT_COMMIT', 'TRANS_STMT_ROLLBACK'],
  ...['CONSTR_NOTNULL', 'CONSTR_PRIMARY', 'CONSTR_UNIQUE', 'CONSTR_FOREIGN', 'CONSTR_DEFAULT'],
  ...['ONCONFLICT_NOTHING', 'ONCONFLICT_UPDATE', 'OVERRIDING_NOT_SET', 'ONCOMMIT_NOOP'],
  ...[
    'SETOP_NONE',
    'JOIN_INNER',
    'EXPR_SUBLINK',
    'ANY_SUBLINK',
    'EXISTS_SUBLINK',
    'COERCE_IMPLICIT_CAST',
  ],
  ...['LIMIT_OPTION_DEFAULT', 'LIMIT_OPTION_COUNT', 'COERCE_EXPLICIT_CALL', 'COERCE_SQL_SYNTAX'],
  ...['SORTBY_DEFAULT', 'SORTBY_ASC', 'SORTBY_DESC', 'SORTBY_NULLS_DEFAULT'],
  ...[
    'OBJECT_TABLE',
    'DROP_RESTRICT',
    'DEFELEM_UNSPEC',
    'AT_AddColumn',
    'AT_DropColumn',
    'OBJECT_INDEX',
  ],
]);

/** What a node can be besides. */
const FLAGS = new Set([
  ...['inh', 'is_local', 'is_enforced', 'initially_valid'], // of any table and constraint
  ...['if_not_exists', 'agg_star', 'isnatural', 'unique'],
]);

/** `start transaction isolation level … read only`. */
const OPTIONS = new Set(['transaction_isolation', 'transaction_read_only']);

/** What of a statement the engines are not known to take, in the words of the parse tree. */
export function unportable(sql: string): string[] {
  const { stmts = [] } = parseSync(sql);
  return [...(stmts.length === 1 ? [] : ['several statements in one']), ...faultsIn(stmts)];
}

function* faultsIn(tree: unknown): Generator<string> {
  if (Array.isArray(tree)) for (const item of tree) yield* faultsIn(item);
  else if (isNode(tree)) {
    for (const [key, value] of Object.entries(tree)) {
      const fault = faultOf(key, value);
      if (fault !== undefined) yield fault;
      yield* faultsIn(value);
    }
  }
}

function faultOf(key: string, value: unknown): string | undefined {
  if (/^[A-Z]/.test(key) && !NODES.has(key)) return key;
  if (key === 'FuncCall') return unless(FUNCTIONS, nameIn(value, 'funcname'));
  if (key === 'A_Expr') return unless(OPERATORS, nameIn(value, 'name'));
  if (key === 'typeName') return unless(TYPES, nameIn(value, 'names'));
  if (value === true) return unless(FLAGS, key);
  if (typeof value !== 'string') return undefined;
  if (key === 'defname') return unless(OPTIONS, value);
  if (key === 'relpersistence' && value !== 'p') return 'a temporary or unlogged table';
  if (key === 'accessMethod' && value !== 'btree') return value;
  return key !== 'sval' && /^[A-Z]+_[A-Z_]+$/.test(value) ? unless(CHOICES, value) : undefined;
}

function unless(known: Set<string>, name: string): string | undefined {
  return known.has(name) ? undefined : name;
}

/** A name of one or more parts, as the tree has it: `[{ String: { sval } }, …]`. */
function nameIn(node: unknown, member: string): string {
  const parts = isNode(node) ? node[member] : undefined;
  const names = Array.isArray(parts) ? parts.map((part) => part?.String?.sval) : [];
  return names.join('.');
}

function isNode(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
