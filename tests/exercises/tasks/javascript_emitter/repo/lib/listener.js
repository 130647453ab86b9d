'use strict';

class Listener {
  constructor(callback, single) {
    this.callback = callback;
    this.single = single;
  }
}

module.exports = { Listener };
