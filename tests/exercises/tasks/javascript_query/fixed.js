'use strict';

/**
 * The parameters of a query string. A name that is given once has a string,
 * one that is given several times an array.
 */
function parseQuery(text) {
  const parameters = {};
  const query = text.startsWith('?') ? text.slice(1) : text;
  for (const part of query.split('&')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const name = decode(at < 0 ? part : part.slice(0, at));
    const value = at < 0 ? '' : decode(part.slice(at + 1));
    if (!Object.hasOwn(parameters, name)) {
      parameters[name] = value;
    } else if (Array.isArray(parameters[name])) {
      parameters[name].push(value);
    } else {
      parameters[name] = [parameters[name], value];
    }
  }
  return parameters;
}

function decode(text) {
  return decodeURIComponent(text.replace(/\+/g, ' '));
}

function formatQuery(parameters) {
  const parts = [];
  for (const [name, value] of Object.entries(parameters)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(each)}`);
    }
  }
  return parts.join('&');
}

module.exports = { parseQuery, formatQuery };
