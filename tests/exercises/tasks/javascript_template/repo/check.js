const assert = require('node:assert');
const { render } = require('./lib/template');

const values = { user: { name: 'A & B' }, count: 0 };
assert.strictEqual(render('{{ user.name }}: {{count}}{{ no.such }}', values), 'A &amp; B: 0');
assert.strictEqual(render('{{{ user.name }}}', values), 'A & B');
