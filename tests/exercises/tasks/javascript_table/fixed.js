'use strict';

/** How wide each column has to be. */
function widths(rows) {
  const found = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      found[column] = Math.max(found[column] ?? 0, String(cell).length);
    });
  }
  return found;
}

function pad(cell, width, align) {
  const text = String(cell);
  if (align === 'right') return text.padStart(width);
  if (align === 'center') {
    const left = Math.floor((width - text.length) / 2);
    return ' '.repeat(left) + text + ' '.repeat(width - text.length - left);
  }
  return text.padEnd(width);
}

/** Rows of cells as lines of text; numbers stand on the right. */
function format(rows, aligns = []) {
  const columns = widths(rows);
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const align = aligns[column] ?? (typeof cell === 'number' ? 'right' : 'left');
        return pad(cell, columns[column], align);
      })
      .join('  ')
      .trimEnd(),
  );
}

module.exports = { widths, pad, format };
