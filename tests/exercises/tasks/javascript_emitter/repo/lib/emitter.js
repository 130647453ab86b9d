'use strict';

const { Listener } = require('./listener');

/** Tells listeners of events, in the order in which they came. */
class Emitter {
  constructor() {
    this.listeners = new Map();
  }

  on(event, callback) {
    return this.add(event, new Listener(callback, false));
  }

  once(event, callback) {
    return this.add(event, new Listener(callback, true));
  }

  add(event, listener) {
    if (!this.listeners.has(event)) {
      this.listeners.set(event, []);
    }
    this.listeners.get(event).push(listener);
    return () => this.remove(event, listener);
  }

  remove(event, listener) {
    const kept = (this.listeners.get(event) ?? []).filter((each) => each !== listener);
    this.listeners.set(event, kept);
  }

  emit(event, ...values) {
    const called = this.listeners.get(event) ?? [];
    for (const listener of this.listeners.get(event) ?? []) {
      if (listener.single) {
        this.remove(event, listener);
      }
      listener.callback(...values);
    }
    return called.length;
  }
}

module.exports = { Emitter };
