export interface Line {
  sku: string;
  title: string;
  cents: number;
  count: number;
}

export type Discount = { kind: "percent"; value: number } | { kind: "cents"; value: number };

export class Basket {
  private lines: Line[] = [];
  private discount: Discount | undefined;

  add(sku: string, title: string, cents: number, count = 1): void {
    if (!Number.isInteger(cents) || cents < 0) throw new RangeError(`no price: ${cents}`);
    const found = this.lines.find((line) => line.sku === sku);
    if (found) found.count += count;
    else this.lines.push({ sku, title, cents, count });
  }

  remove(sku: string): boolean {
    const before = this.lines.length;
    this.lines = this.lines.filter((line) => line.sku !== sku);
    return this.lines.length < before;
  }

  apply(discount: Discount): void {
    this.discount = discount;
  }

  total(): number {
    const sum = this.lines.reduce((total, line) => total + line.cents * line.count, 0);
    if (!this.discount) return sum;
    if (this.discount.kind === "cents") return Math.max(0, sum - this.discount.value);
    return Math.round(sum * (1 - this.discount.value / 100));
  }
}
