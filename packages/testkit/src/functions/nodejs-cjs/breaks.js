exports.rejects = async () => {
  void Promise.reject(new Error('nobody listens'));
  await new Promise((resolve) => {
    setTimeout(resolve, 60_000);
  });
};
exports.throwsLater = async () => {
  setTimeout(() => {
    throw new Error('out of nowhere');
  }, 1);
  await new Promise((resolve) => {
    setTimeout(resolve, 60_000);
  });
};
exports.exits42 = async () => process.exit(42);
