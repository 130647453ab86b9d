// A shopping cart with discounts.

export function subtotal(lines) {
  return lines.reduce((sum, line) => sum + line.price * line.quantity, 0);
}

export function discount(lines, rules) {
  let best = 0;
  for (const rule of rules) {
    if (subtotal(lines) >= rule.minimum && rule.percent > best) {
      best = rule.percent;
    }
  }
  return best;
}

export function total(lines, rules = []) {
  const before = subtotal(lines);
  return before - (before * discount(lines, rules)) / 100;
}

export function format(amount, currency = "EUR") {
  return `${currency} ${amount.toFixed(2)}`;
}

export const cheapest = (lines) => {
  if (lines.length === 0) {
    return null;
  }
  return lines.reduce((least, line) => (line.price < least.price ? line : least));
};
