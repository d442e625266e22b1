class OrderError extends Error {
  constructor(message) {
    super(message);
    this.name = 'OrderError';
    this.order = 7;
  }
}

exports.handler = async () => {
  throw new OrderError('no such order');
};
exports.sync = () => {
  throw new OrderError('no such order');
};
exports.text = async () => {
  throw 'just text';
};
exports.cycle = async () => {
  const cycle = {};
  cycle.self = cycle;
  return cycle;
};
