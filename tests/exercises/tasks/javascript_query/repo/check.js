const assert = require('node:assert');
const { parseQuery, formatQuery } = require('./lib/query');

assert.deepStrictEqual(parseQuery('?a=1&b=x+y&a=2&c&a=%26'), { a: ['1', '2', '&'], b: 'x y', c: '' });
assert.strictEqual(formatQuery({ a: ['1', '&'], b: 'x' }), 'a=1&a=%26&b=x');
