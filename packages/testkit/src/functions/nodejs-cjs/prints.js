exports.handler = async (event) => {
  console.log('one %s', 'two', { three: 3 });
  console.debug('first line\nsecond line');
  console.warn('careful');
  console.error(new Error('shown'));
  process.stdout.write('raw\n');
  return event;
};
