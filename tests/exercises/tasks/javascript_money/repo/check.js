const assert = require('node:assert');
const money = require('./money');

assert.strictEqual(money.format(money.parse('-3.5')), '-3.50');
assert.strictEqual(money.format(1205), '12.05');
assert.deepStrictEqual(money.split(100, 3), [34, 33, 33]);
assert.strictEqual(money.total([34, 33, 33]), 100);
assert.throws(() => money.parse('1.234'));
