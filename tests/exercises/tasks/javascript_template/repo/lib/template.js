'use strict';

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text that is safe inside of HTML. */
function escape(text) {
  return String(text).replace(/[&<>"']/g, (sign) => ENTITIES[sign]);
}

/** The value at a path such as `user.name`, undefined where there is none. */
function lookup(values, path) {
  let value = values;
  for (const name of path.split('.')) {
    if (value === null || value === undefined) return undefined;
    value = value[name];
  }
  return value;
}

/** The template with `{{ path }}` escaped, and `{{{ path }}}` as it is. */
function render(template, values) {
  return template.replace(/\{\{\{\s*([\w.]+)\s*\}\}\}|\{\{\s*([\w.]+)\s*\}\}/g, (all, raw, safe) => {
    const value = lookup(values, raw ?? safe);
    if (!value) {
      return '';
    }
    return raw === undefined ? escape(value) : String(value);
  });
}

module.exports = { escape, lookup, render };
