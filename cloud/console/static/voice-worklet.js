// The microphone as loudspeakers take it: 8 kHz, G.711 mu-law, frames of 20 ms, three at a time.
// Runs in the browser's audio thread. Source of the code: ITU-T G.711, table 2a.

const RATE = 8000, FRAME = 160, BATCH = 3, TAPS = 97;

// A windowed sinc (Blackman) at 3.5 kHz: what is above would come back as noise.
function lowPass(rate) {
  const cut = 3500 / rate, middle = (TAPS - 1) / 2, taps = new Float32Array(TAPS);
  let sum = 0;
  for (let n = 0; n < TAPS; n++) {
    const x = n - middle, w = 0.42 - 0.5 * Math.cos((2 * Math.PI * n) / (TAPS - 1)) + 0.08 * Math.cos((4 * Math.PI * n) / (TAPS - 1));
    taps[n] = (x === 0 ? 2 * cut : Math.sin(2 * Math.PI * cut * x) / (Math.PI * x)) * w;
    sum += taps[n];
  }
  return taps.map((tap) => tap / sum);
}

function encode(value) {
  const sample = Math.max(-32635, Math.min(32635, Math.round(value * 32767)));
  const sign = sample < 0 ? 0x80 : 0, biased = Math.abs(sample) + 132;
  const exponent = 31 - Math.clz32(biased) - 7;
  return ~(sign | (exponent << 4) | ((biased >> (exponent + 3)) & 0x0f)) & 0xff;
}

class Voice extends AudioWorkletProcessor {
  constructor() {
    super();
    this.taps = lowPass(sampleRate);
    this.past = new Float32Array(TAPS);
    this.place = 0;
    this.step = RATE / sampleRate; // of an output sample, for each input sample
    this.due = 0;
    this.codes = new Uint8Array(FRAME * BATCH);
    this.filled = 0;
  }

  process(inputs) {
    const channel = inputs[0][0];
    for (let n = 0; channel && n < channel.length; n++) {
      this.past[this.place] = channel[n];
      this.place = (this.place + 1) % TAPS;
      this.due += this.step;
      if (this.due >= 1) { this.due -= 1; this.put(this.filtered()); }
    }
    return true;
  }

  filtered() {
    let sum = 0;
    for (let n = 0; n < TAPS; n++) sum += this.taps[n] * this.past[(this.place + n) % TAPS];
    return sum;
  }

  put(value) {
    this.codes[this.filled++] = encode(value);
    if (this.filled < this.codes.length) return;
    this.port.postMessage(this.codes.slice());
    this.filled = 0;
  }
}

registerProcessor("voice", Voice);
