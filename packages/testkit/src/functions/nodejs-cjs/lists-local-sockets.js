'use strict';
/** The names of the local sockets of this sandbox that are connected. */
const { readFileSync } = require('node:fs');

const CONNECTED = '03';

exports.handler = async () =>
  readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([, , , , , state, , name]) => (state === CONNECTED && name ? [name] : []));
