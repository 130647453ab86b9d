'use strict';

/** Cents of an amount such as `12.5` or `-3`. Throws for what is none. */
function parse(text) {
  const found = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(text.trim());
  if (found === null) throw new Error(`no amount: ${text}`);
  const cents = Number(found[2]) * 100 + Number((found[3] ?? '').padEnd(2, '0'));
  return found[1] === '-' ? -cents : cents;
}

function format(cents) {
  const sign = cents < 0 ? '-' : '';
  const whole = Math.floor(Math.abs(cents) / 100);
  const rest = String(Math.abs(cents) % 100).padStart(2, '0');
  return `${sign}${whole}.${rest}`;
}

/** The cents in as many parts, which differ by one cent at most. */
function split(cents, parts) {
  const share = Math.floor(cents / parts);
  const left = cents - share * parts;
  return Array.from({ length: parts }, (_, i) => (i < left ? share + 1 : share));
}

function total(amounts) {
  return amounts.reduce((sum, cents) => sum + cents, 0);
}

module.exports = { parse, format, split, total };
