exports.handler = () => {
  setInterval(() => console.log('still here'), 1);
  return new Promise(() => {});
};
