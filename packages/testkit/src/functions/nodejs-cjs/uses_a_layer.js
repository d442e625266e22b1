const { execFileSync } = require('node:child_process');
const word = require('layered');

exports.handler = async () => [word, execFileSync('layered', { encoding: 'utf8' })];
