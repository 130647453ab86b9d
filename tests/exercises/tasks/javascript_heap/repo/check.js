const assert = require('node:assert');
const { Heap } = require('./src/heap');

const heap = new Heap();
for (const item of [5, 1, 4, 2, 3, 0]) heap.push(item);
const found = [];
while (heap.size > 0) found.push(heap.pop());
assert.deepStrictEqual(found, [0, 1, 2, 3, 4, 5]);
assert.strictEqual(heap.pop(), undefined);
