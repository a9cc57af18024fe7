// `berkeley hold` makes every Node process it starts, such as npm and its children, load this first
// (`node --require` in NODE_OPTIONS). It is CommonJS, since --require loads it before programs of
// either kind, in every version of Node that npm may run on.
const passOn: import("./pass-on.cjs").PassOn = require("./pass-on.cjs");
const { openChannel }: import("./channel.cjs").Channel = require("./channel.cjs");
const takeOver: import("./take-over.cjs").TakeOver = require("./take-over.cjs");

passOn();
takeOver();
openChannel();
