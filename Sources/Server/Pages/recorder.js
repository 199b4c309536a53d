// Collects the microphone's samples as one channel, a quarter of a second at a time.
class Recorder extends AudioWorkletProcessor {
  constructor() {
    super();
    this.samples = new Float32Array(Math.round(sampleRate / 4));
    this.count = 0;
  }

  process([channels]) {
    const length = channels[0]?.length || 0;
    for (let index = 0; index < length; index += 1) {
      let sum = 0;
      for (const channel of channels) sum += channel[index];
      this.samples[this.count] = sum / channels.length;
      this.count += 1;
      if (this.count === this.samples.length) {
        this.port.postMessage(this.samples.slice().buffer);
        this.count = 0;
      }
    }
    return true;
  }
}
registerProcessor("recorder", Recorder);
