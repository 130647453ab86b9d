"use strict";

class PriorityQueue {
  constructor(compare = (a, b) => a - b) {
    this.items = [];
    this.compare = compare;
  }

  get size() {
    return this.items.length;
  }

  push(item) {
    this.items.push(item);
    let child = this.items.length - 1;
    while (child > 0) {
      const parent = Math.floor((child - 1) / 2);
      if (this.compare(this.items[child], this.items[parent]) >= 0) {
        break;
      }
      [this.items[child], this.items[parent]] = [this.items[parent], this.items[child]];
      child = parent;
    }
  }

  pop() {
    if (this.items.length === 0) {
      return undefined;
    }
    const top = this.items[0];
    const last = this.items.pop();
    if (this.items.length > 0) {
      this.items[0] = last;
      this.sink(0);
    }
    return top;
  }

  sink(parent) {
    for (;;) {
      const left = 2 * parent + 1;
      const right = left + 1;
      let least = parent;
      if (left < this.size && this.compare(this.items[left], this.items[least]) < 0) {
        least = left;
      }
      if (right < this.size && this.compare(this.items[right], this.items[least]) < 0) {
        least = right;
      }
      if (least === parent) {
        return;
      }
      [this.items[least], this.items[parent]] = [this.items[parent], this.items[least]];
      parent = least;
    }
  }
}

module.exports = { PriorityQueue };
