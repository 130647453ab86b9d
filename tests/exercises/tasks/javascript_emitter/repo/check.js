const assert = require('node:assert');
const { Emitter } = require('./lib/emitter');

const emitter = new Emitter();
const heard = [];
emitter.once('x', (value) => heard.push(`once ${value}`));
emitter.on('x', (value) => {
  heard.push(`on ${value}`);
  if (heard.length < 9) emitter.on('x', () => heard.push('late'));
});
assert.strictEqual(emitter.emit('x', 1), 2);
assert.deepStrictEqual(heard, ['once 1', 'on 1']);
assert.strictEqual(emitter.emit('x', 2), 2);
assert.deepStrictEqual(heard, ['once 1', 'on 1', 'on 2', 'late']);
