const assert = require('node:assert');
const { format, pad } = require('./src/table');

assert.strictEqual(pad('ab', 5, 'center'), ' ab  ');
assert.deepStrictEqual(format([['name', 'n'], ['x', 12]]), ['name  n', 'x     12']);
assert.deepStrictEqual(format([['a', 'b'], ['wide', 'c']], ['center']), [' a    b', 'wide  c']);
